import { Agent, request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Reply {
  readonly status: number;
  /** `code` of the problem, or empty. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

type Headers = Readonly<Record<string, string>>;
/** Whole, or in pieces, which then come as chunks of unknown number; the service may answer before the last. */
type Body = Buffer | string | Iterable<Buffer>;

const answerMs = 30_000;

/** Sends one request to `/v1/events`; resolves with the first answer, also when it comes before the body was sent. */
export function sendHttp(address: string, body: Body, headers: Headers, agent?: Agent): Promise<Reply> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(answerMs);
    const options = {
      host,
      port,
      method: 'POST',
      path: '/v1/events',
      headers,
      signal,
      ...(agent && { agent }),
    };
    const sent = httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        const code = /"code":"(\w+)"/.exec(text)?.[1] ?? '';
        resolve({ status: response.statusCode ?? 0, code, headers: response.headers, body: text });
      });
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The connection may be closed for what is still on its way; the answer, which is there already, counts.
      if (sent.destroyed && ['EPIPE', 'ECONNRESET'].includes(error.code ?? ''))
        setTimeout(() => reject(error), 1_000);
      else reject(error);
    });
    if (typeof body === 'string' || Buffer.isBuffer(body)) sent.end(body);
    else pipeline(Readable.from(body), sent).catch(() => undefined);
  });
}

/** Sends gRPC messages, whole or as raw bytes, over a connection of their own; resolves with the grpc-status. */
export function sendGrpc(
  address: string,
  method: 'Ingest' | 'IngestBatch' | 'IngestStream',
  frames: readonly Buffer[],
  headers: Headers = {},
): Promise<string> {
  const session = connectHttp2(`http://${address}`);
  session.on('error', () => undefined);
  return new Promise<string>((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/selfcheer.v1.IngestService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const timer = setTimeout(() => reject(new Error('no status')), answerMs);
    const read = (said: Readonly<Record<string, unknown>>): void => {
      if (typeof said['grpc-status'] === 'string') resolve(said['grpc-status']);
    };
    stream
      .on('response', read)
      .on('trailers', read)
      .on('error', () => undefined)
      .resume();
    stream.on('close', () => {
      clearTimeout(timer);
      reject(new Error(`closed without a status: ${stream.rstCode}`));
    });
    void pipeline(Readable.from(frames), stream).catch(() => undefined);
  }).finally(() => session.destroy());
}
