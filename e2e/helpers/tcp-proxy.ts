import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

/** What becomes of bytes in one direction: passed on, or swallowed while the connection stays open. */
type Flow = 'pass' | 'swallow';

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
  /** Makes present connections half-open for ever; later ones work. */
  freeze(): void;
  /** Resets present connections. */
  cut(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  frozen: boolean;
}

/** A TCP proxy on 127.0.0.1 that does to connections what bad networks do. */
export async function startTcpProxy(): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const flows: { requests: Flow; responses: Flow } = { requests: 'pass', responses: 'pass' };
  let upstream = 0;
  let connections = 0;
  let swallowed = 0;

  const listener = net.createServer((client) => {
    connections += 1;
    const pair: Pair = { client, server: net.connect(upstream, '127.0.0.1'), frozen: false };
    pairs.add(pair);
    const { server } = pair;
    const end = () => {
      // A frozen connection says nothing any more, not even good-bye.
      if (pair.frozen) return;
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.on('data', (bytes) => {
      if (!pair.frozen && flows.requests === 'pass') server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (!pair.frozen && flows.responses === 'pass') client.write(bytes);
      else swallowed += bytes.length;
    });
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', end).on('close', end);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const destroyAll = () => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
    pairs.clear();
  };

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
    freeze() {
      for (const pair of pairs) pair.frozen = true;
    },
    cut: destroyAll,
    async close() {
      destroyAll();
      listener.close();
      await once(listener, 'close');
    },
  };
}
