import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, SelfcheerError } from './errors';

/** Host part of `host:port`; IPv6 hosts keep their brackets. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

/** Listens on `host:port` and resolves with the address in use; port 0 picks a free one. */
export function listen(server: Server, address: string, name: string): Promise<string> {
  const host = hostOf(address);
  const port = Number(address.slice(host.length + 1));
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const hint = `${name} can't listen on ${address}: ${messageOf(error)}. Free it or set another address`;
      reject(new SelfcheerError('address_unusable', hint, { cause: error }));
    });
    server.listen(port, host.replace(/^\[|\]$/g, ''), () => {
      resolve(`${host}:${(server.address() as AddressInfo).port}`);
    });
  });
}

const idleCheckMs = 50;

/** Takes no new connection, lets requests end, and cuts what is left after `withinMs`. */
export async function stopServer(server: Server, withinMs: number): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
    const deadline = setTimeout(() => server.closeAllConnections(), withinMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(deadline);
      resolve();
    });
  });
}
