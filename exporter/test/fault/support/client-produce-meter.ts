import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

/** One Produce request as it went over the wire. */
export interface ProduceRequest {
  /** On the monotonic clock, in milliseconds. */
  readonly at: number;
  /** The same batch went over the wire before: its first event has the same origin. */
  readonly again: boolean;
}

export interface ProduceMeter {
  readonly port: number;
  readonly requests: readonly ProduceRequest[];
  /** Where the broker is, once that is known. */
  target(port: number): void;
  /** While on, the connection of a Produce request is reset at once, and the broker never sees the request. */
  refuse(on: boolean): void;
  close(): Promise<void>;
}

/** api_key of Produce; https://kafka.apache.org/protocol */
const produce = 0;
/** The header `origin` of an event: store, lane, sequence number. */
const origin = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:\d+:\d+/;

/** A TCP proxy on 127.0.0.1 that counts what a producer sends to a broker: the only witness of retries from outside. */
export async function startProduceMeter(): Promise<ProduceMeter> {
  const sockets = new Set<Socket>();
  const requests: ProduceRequest[] = [];
  const seen = new Set<string>();
  let upstream = 0;
  let refusing = false;

  /** True when it is a Produce request. */
  const take = (frame: Buffer): boolean => {
    if (frame.readInt16BE(4) !== produce) return false;
    const [first] = origin.exec(frame.toString('latin1')) ?? [];
    if (first === undefined) throw new Error('a Produce request without an origin');
    requests.push({ at: performance.now(), again: seen.has(first) });
    seen.add(first);
    return true;
  };

  const listener = net.createServer((client) => {
    const server = net.connect(upstream, '127.0.0.1');
    let rest: Buffer = Buffer.alloc(0);
    client.on('data', (bytes) => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let produces = false;
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const length = 4 + rest.readInt32BE(0);
        if (take(rest.subarray(0, length))) produces = true;
        rest = rest.subarray(length);
      }
      // kafkajs sends one request after the other on a connection, so that no other is lost with it.
      if (refusing && produces) client.resetAndDestroy();
      else server.write(bytes);
    });
    server.on('data', (bytes) => client.write(bytes));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true).on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    requests,
    target: (port) => (upstream = port),
    refuse: (on) => (refusing = on),
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
