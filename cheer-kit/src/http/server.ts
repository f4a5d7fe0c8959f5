import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { hostOf } from '../auth/loopback';
import { KitError } from '../resilience/errors';

/** Of `node:http` or `node:https`. */
export type WebServer = Server | SecureServer;

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the name has no address',
  EAI_AGAIN: 'the name has no address',
  ERR_SERVER_ALREADY_LISTEN: 'this server listens already',
};

/** Nobody can listen there. `address_unusable` */
export class AddressError extends KitError {
  constructor(
    readonly address: string,
    cause: unknown,
  ) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = (code !== undefined && reasons[code]) || message;
    super('address_unusable', `Can't listen on ${address}: ${reason}. Free it, or take another one.`, {
      retriable: false,
      cause,
    });
  }
}

/** Host (IPv6 with its brackets) and port of `host:port`; undefined when it has another form. */
export function addressParts(address: string): { readonly host: string; readonly port: number } | undefined {
  const host = hostOf(address);
  const port = Number(address.slice(host.length + 1));
  return host === '' || !/:\d{1,5}$/.test(address) || port > 65_535 ? undefined : { host, port };
}

/**
 * Listens on `host:port`, port 0 picks a free one. Resolves with the address in use; rejects with AddressError.
 *
 * @throws RangeError when the address is no `host:port`
 */
export function listenOn(server: WebServer, address: string): Promise<string> {
  const parts = addressParts(address);
  if (!parts) throw new RangeError(`${address} is no address: write host:port, such as 127.0.0.1:8080`);
  const { host, port } = parts;
  return new Promise((resolve, reject) => {
    const failed = (error: unknown): void => {
      server.off('error', failed);
      reject(new AddressError(address, error));
    };
    server.once('error', failed);
    try {
      server.listen(port, host.replace(/^\[|\]$/g, ''), () => {
        server.off('error', failed);
        resolve(`${host}:${(server.address() as AddressInfo).port}`);
      });
    } catch (error) {
      return failed(error);
    }
    connectionsOf.set(server, new Connections(server));
  });
}

/**
 * The connections of one server, and which of them wait for an answer. Node's `closeIdleConnections` takes an answer
 * for sent when it has been handed over, and a connection that was never used for a busy one; this does neither. Of a
 * request it costs one entry in a map: answers are followed only once the server is leaving.
 */
class Connections {
  /** The latest answer of each connection: those before it are sent before it is. Some speak HTTP no more. */
  private readonly latest = new Map<Socket, ServerResponse | 'upgraded' | undefined>();
  /** Those that TLS is spoken on, or will be: the server waits for one that never says a word, too. */
  private readonly outer = new Set<Socket>();
  private leaving = false;

  constructor(server: WebServer) {
    // Of a connection with TLS, requests know the socket inside.
    const secure = 'setSecureContext' in server;
    server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.latest.set(socket, undefined);
      socket.once('close', () => this.latest.delete(socket));
    });
    if (secure) {
      server.on('connection', (socket: Socket) => {
        this.outer.add(socket);
        socket.once('close', () => this.outer.delete(socket));
      });
    }
    const asked = (request: IncomingMessage, response: ServerResponse): void =>
      this.asked(request.socket, response);
    server.prependListener('request', asked);
    // A listener more where there was none would change what the server does with such a request.
    if (server.listenerCount('checkContinue') > 0) server.prependListener('checkContinue', asked);
    this.watchUpgrades(server);
    // `server.close` calls it.
    server.closeIdleConnections = () => this.leave();
  }

  /** Closes what nobody waits on now, and every other connection when its last answer is sent. */
  leave(): void {
    this.leaving = true;
    for (const [socket, response] of this.latest) {
      // Only who took it over knows when an upgraded one has said all.
      if (response === 'upgraded') continue;
      if (response === undefined || response.closed) socket.destroy();
      else this.leaveAfter(response, socket);
    }
  }

  cut(): void {
    for (const socket of [...this.latest.keys(), ...this.outer]) socket.destroy();
  }

  /** Connections, and answers with them, say `close` only after their server did. Not to be called before that. */
  async closed(): Promise<void> {
    const sockets = [...this.latest.keys()];
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  /** Listens for upgrades as long as somebody else does: a listener alone would take them and leave them hanging. */
  private watchUpgrades(server: WebServer): void {
    const upgraded = ({ socket }: IncomingMessage): void => {
      if (this.latest.has(socket)) this.latest.set(socket, 'upgraded');
    };
    const others = (): number =>
      server.listeners('upgrade').filter((listener) => listener !== upgraded).length;
    if (others() > 0) server.prependListener('upgrade', upgraded);
    server.on('newListener', (event, listener) => {
      if (event === 'upgrade' && listener !== upgraded && others() === 0)
        server.prependListener('upgrade', upgraded);
    });
    server.on('removeListener', (event, listener) => {
      if (event === 'upgrade' && listener !== upgraded && others() === 0) server.off('upgrade', upgraded);
    });
  }

  private asked(socket: Socket, response: ServerResponse): void {
    // One that is closed must not come back.
    if (!this.latest.has(socket)) return;
    this.latest.set(socket, response);
    if (this.leaving) this.leaveAfter(response, socket);
  }

  private leaveAfter(response: ServerResponse, socket: Socket): void {
    response.on('close', () => {
      if (this.latest.get(socket) === response) socket.destroySoon();
    });
  }
}

const connectionsOf = new WeakMap<WebServer, Connections>();

/**
 * For a server that listens by `listenOn`: takes no new connection, closes those without a request at once and the
 * others when their answers are sent to the last byte, and cuts what is left after `withinMs`. A connection that was
 * upgraded is closed by who took it over, or cut. Resolves when all are closed, and those who listen for it know.
 */
export async function stopServer(server: WebServer, withinMs: number): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(() => connectionsOf.get(server)?.cut(), withinMs);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
  });
  // Who ends the process next would else not hear of the answers that were cut.
  await connectionsOf.get(server)?.closed();
}
