import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** True for an address that only this machine reaches. Of names, only `localhost`: others may resolve to anything. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  const family = isIP(bare);
  if (family === 0) return bare.toLowerCase() === 'localhost';
  return loopback.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/** True when a Host header names this machine, with a port or without. */
export function isLoopbackHostHeader(header: string | undefined): boolean {
  return header !== undefined && isLoopbackHost(header.replace(/:\d{1,5}$/, ''));
}

/** Host part of `host:port`; IPv6 hosts keep their brackets. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}
