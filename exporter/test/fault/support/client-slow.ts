import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';

/** What became of a client that does not behave. */
export interface SlowClient {
  /** Seconds until the service ended it; undefined while it lives. */
  readonly endedAfter: number | undefined;
  /** Everything it was answered: the bytes of HTTP, or the grpc-status. */
  readonly answer: string;
}

export interface SlowClients {
  readonly clients: readonly SlowClient[];
  /** Each sends one byte more, where it still can. */
  dribble(): void;
  destroy(): void;
}

const host = 'Host: 127.0.0.1\r\n';
const head = `POST /v1/events HTTP/1.1\r\n${host}`;

/** What HTTP connections begin with, before they go on a byte at a time, or not at all. */
export const slowRequests = {
  /** Headers that don't end. */
  headers: { begin: `${head}X-Slow: `, dribbles: true },
  /** A body that comes in a byte at a time. */
  body: {
    begin: `${head}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n[`,
    dribbles: true,
  },
  /** NDJSON that stops in the middle of its second line. */
  line: {
    begin: `${head}Content-Type: application/x-ndjson\r\nContent-Length: 5000\r\n\r\n{"payload":"no id"}\n{"event_id":"unf`,
    dribbles: false,
  },
  /** Not a byte. */
  idle: { begin: '', dribbles: false },
} as const;

/** Connections that all begin the same and then take their time. */
export function slowHttp(
  address: string,
  count: number,
  { begin, dribbles }: { readonly begin: string; readonly dribbles: boolean },
): SlowClients {
  const [name, port] = address.split(':');
  const clients = Array.from({ length: count }, () => new SlowSocket(connect(Number(port), name), begin));
  return {
    clients,
    dribble() {
      if (dribbles) for (const { socket } of clients) if (socket.writable) socket.write(' ');
    },
    destroy() {
      for (const { socket } of clients) socket.destroy();
    },
  };
}

class SlowSocket implements SlowClient {
  endedAfter: number | undefined;
  answer = '';

  constructor(
    readonly socket: Socket,
    begin: string,
  ) {
    const began = performance.now();
    socket.setNoDelay(true).write(begin);
    socket.on('data', (bytes) => (this.answer += bytes.toString('latin1')));
    socket.on('error', () => undefined);
    // It would go on sending; that the service has ended its side is what counts.
    for (const end of ['end', 'close'])
      socket.on(end, () => (this.endedAfter ??= (performance.now() - began) / 1000));
  }
}

/** A gRPC message with its prefix. */
export function grpcFrame(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const streamsOfConnection = 25;

/** Streams of `IngestStream` or calls of `Ingest` that stop within a message, and go on a byte at a time. */
export function slowGrpc(address: string, count: number, method: 'Ingest' | 'IngestStream'): SlowClients {
  const begin = grpcFrame(Buffer.alloc(100_000)).subarray(0, 10);
  return openStreams(address, count, method, (stream) => stream.write(begin), Buffer.from([0]));
}

/** Streams that send events, of which each is rejected with a long answer, and never read one of these. */
export function deafGrpc(address: string, count: number): SlowClients {
  const id = 'i'.repeat(500);
  const message = Buffer.concat([Buffer.from([0x0a, 0xf4, 0x03]), Buffer.from(id)]);
  const begin = Buffer.concat(Array.from({ length: 500 }, () => grpcFrame(message)));
  return openStreams(address, count, 'IngestStream', (stream) => stream.write(begin));
}

function openStreams(
  address: string,
  count: number,
  method: string,
  begin: (stream: ClientHttp2Stream) => unknown,
  more?: Buffer,
): SlowClients {
  const sessions: ClientHttp2Session[] = [];
  const clients = Array.from({ length: count }, (_, i) => {
    if (i % streamsOfConnection === 0) {
      const session = connectHttp2(`http://${address}`);
      session.on('error', () => undefined);
      sessions.push(session);
    }
    const stream = (sessions.at(-1) as ClientHttp2Session).request({
      ':method': 'POST',
      ':path': `/selfcheer.v1.IngestService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    begin(stream);
    return new SlowStream(stream, more !== undefined);
  });
  return {
    clients,
    dribble() {
      if (more) for (const { stream } of clients) if (stream.writable) stream.write(more);
    },
    destroy() {
      for (const session of sessions) session.destroy();
    },
  };
}

class SlowStream implements SlowClient {
  endedAfter: number | undefined;
  answer = '';

  constructor(
    readonly stream: ClientHttp2Stream,
    reads: boolean,
  ) {
    const began = performance.now();
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      if (typeof headers['grpc-status'] === 'string') this.answer = headers['grpc-status'];
    };
    stream
      .on('response', read)
      .on('trailers', read)
      .on('error', () => undefined);
    if (reads) stream.resume();
    stream.on('close', () => (this.endedAfter = (performance.now() - began) / 1000));
  }
}
