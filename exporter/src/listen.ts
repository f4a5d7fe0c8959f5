import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { hostOf } from './auth/bind-policy';
import { addressProblem } from './config/address-problem';

/** Listens on the `host:port` of a setting and resolves with the address in use; port 0 picks a free one. */
export function listen(server: Server, address: string, setting: 'http' | 'admin'): Promise<string> {
  const host = hostOf(address);
  const port = Number(address.slice(host.length + 1));
  connectionsOf.set(server, new Connections(server));
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(addressProblem(setting, address, error)));
    server.listen(port, host.replace(/^\[|\]$/g, ''), () => {
      resolve(`${host}:${(server.address() as AddressInfo).port}`);
    });
  });
}

/**
 * The connections of one server, and which of them wait for an answer. Node's `closeIdleConnections` takes an answer
 * for sent when it has been handed over, and a connection that was never used for a busy one; this does neither.
 */
class Connections {
  /** Requests of each connection whose answer is not sent yet, to the last byte. */
  private readonly open = new Map<Socket, number>();
  private leaving = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.open.set(socket, 0);
      socket.once('close', () => this.open.delete(socket));
    });
    const asked = (request: IncomingMessage, response: ServerResponse): void => this.asked(request, response);
    server.prependListener('request', asked);
    // A listener more where there was none would change what the server does with such a request.
    if (server.listenerCount('checkContinue') > 0) server.prependListener('checkContinue', asked);
    // `server.close` calls it.
    server.closeIdleConnections = () => this.leave();
  }

  /** Closes what nobody waits on now, and every other connection when its last answer is sent. */
  leave(): void {
    this.leaving = true;
    for (const [socket, requests] of this.open) if (requests === 0) socket.destroy();
  }

  cut(): void {
    for (const socket of this.open.keys()) socket.destroy();
  }

  private asked({ socket }: IncomingMessage, response: ServerResponse): void {
    this.count(socket, 1);
    response.once('close', () => {
      if (this.count(socket, -1) === 0 && this.leaving) socket.destroySoon();
    });
  }

  private count(socket: Socket, change: number): number | undefined {
    const before = this.open.get(socket);
    if (before === undefined) return undefined; // closed
    this.open.set(socket, before + change);
    return before + change;
  }
}

const connectionsOf = new WeakMap<Server, Connections>();

/**
 * For a server that listens by `listen`: takes no new connection, closes those without a request at once and the others
 * when their answers are sent, and cuts what is left after `withinMs`.
 */
export async function stopServer(server: Server, withinMs: number): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(() => connectionsOf.get(server)?.cut(), withinMs);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
  });
}
