import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { Pipe, type Flow } from './tcp-proxy-pipe';

export interface TcpProxy {
  readonly port: number;
  /** Connections made so far. */
  readonly connections: number;
  /** Bytes from the server that were swallowed so far. */
  readonly swallowed: number;
  /** Where to connect, once that is known. */
  target(port: number): void;
  /** From now on, on present and later connections. */
  requests(flow: Flow): void;
  responses(flow: Flow): void;
  /** Each direction takes this much longer, in milliseconds, on present and later connections. */
  delay(ms: number): void;
  /** Makes present connections half-open for ever; later ones work. */
  freeze(): void;
  /** Ends present connections in an orderly way (FIN). */
  cut(): void;
  /** Resets present connections (RST). */
  reset(): void;
  /** The server's side of present connections says FIN, but goes on reading what clients send. */
  halfClose(): void;
  /** Passes so many bytes more from clients to the server, then resets that connection: in the middle of a frame. */
  resetAfter(requestBytes: number): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Pipe;
  readonly down: Pipe;
  frozen: boolean;
  /** The client was told FIN on the server's behalf. */
  halfClosed: boolean;
}

/** A TCP proxy on 127.0.0.1 that does to connections what bad networks do. */
export async function startTcpProxy(): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const flows: { requests: Flow; responses: Flow } = { requests: 'pass', responses: 'pass' };
  let upstream = 0;
  let connections = 0;
  let swallowed = 0;
  let delayMs = 0;
  let bytesToReset = Infinity;

  const destroy = ({ client, server, up, down }: Pair, how: 'destroy' | 'resetAndDestroy') => {
    for (const pipe of [up, down]) pipe.clear();
    for (const socket of [client, server]) socket[how]();
  };
  const endAll = (how: 'destroy' | 'resetAndDestroy') => {
    for (const pair of pairs) destroy(pair, how);
    pairs.clear();
  };

  const listener = net.createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    const server = net.connect({ port: upstream, host: '127.0.0.1', allowHalfOpen: true });
    const pair: Pair = {
      client,
      server,
      up: new Pipe(server, () => delayMs),
      down: new Pipe(client, () => delayMs),
      frozen: false,
      halfClosed: false,
    };
    pairs.add(pair);
    const end = () => {
      // A frozen connection says nothing any more, not even good-bye.
      if (pair.frozen) return;
      pairs.delete(pair);
      destroy(pair, 'destroy');
    };
    client.on('data', (bytes) => {
      if (pair.frozen || flows.requests === 'swallow') return;
      if (bytes.length < bytesToReset) {
        bytesToReset -= bytes.length;
        pair.up.write(bytes);
        return;
      }
      const last = bytes.subarray(0, bytesToReset);
      bytesToReset = Infinity;
      // The server gets the beginning of the frame before the connection breaks.
      server.write(last, () => {
        pairs.delete(pair);
        destroy(pair, 'resetAndDestroy');
      });
    });
    server.on('data', (bytes) => {
      if (pair.frozen || pair.halfClosed || flows.responses === 'swallow') swallowed += bytes.length;
      else pair.down.write(bytes);
    });
    for (const socket of [client, server]) {
      socket.setNoDelay(true).on('error', end).on('close', end).on('end', end);
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    port: (listener.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get swallowed() {
      return swallowed;
    },
    target: (port) => (upstream = port),
    requests: (flow) => (flows.requests = flow),
    responses: (flow) => (flows.responses = flow),
    delay: (ms) => (delayMs = ms),
    freeze() {
      for (const pair of pairs) pair.frozen = true;
    },
    cut: () => endAll('destroy'),
    reset: () => endAll('resetAndDestroy'),
    halfClose() {
      for (const pair of pairs) {
        pair.halfClosed = true;
        pair.client.end();
      }
    },
    resetAfter: (requestBytes) => (bytesToReset = requestBytes),
    async close() {
      endAll('destroy');
      listener.close();
      await once(listener, 'close');
    },
  };
}
