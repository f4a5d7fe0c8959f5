import { BlockList, isIP } from 'node:net';
import type { Config } from '../config/schema';
import { UsageError } from '../errors';

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

/**
 * Refuses to serve beyond this machine in the open.
 * @throws UsageError naming each address, unless TLS and API keys are there or `insecure` says that it is meant
 */
export function checkBindPolicy(
  config: Pick<Config, 'http' | 'grpc' | 'admin' | 'tls' | 'insecure' | 'auth'>,
): void {
  if (config.insecure) return;
  const wide = (['http', 'grpc', 'admin'] as const).filter((name) => !isLoopbackHost(hostOf(config[name])));
  if (wide.length === 0) return;
  const missing: string[] = [];
  if (config.tls === 'off') missing.push('TLS (tls: mesh, when a service mesh terminates it)');
  if (config.auth.apiKeys.length === 0) missing.push('authentication (auth.apiKeys)');
  if (missing.length === 0) return;
  const addresses = wide.map((name) => `${name} ${config[name]}`).join(', ');
  throw new UsageError(
    `Refusing to listen beyond this machine (${addresses}) without ${missing.join(' and ')}. ` +
      'Add what is missing, bind to 127.0.0.1, or set insecure: true if everyone who can reach it may use it.',
  );
}
