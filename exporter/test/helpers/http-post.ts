import { request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Empty when the answer is no JSON. */
  readonly json: AnswerBody;
}

/** Members of an acknowledgement and of a problem; which are there, the test says. */
export interface AnswerBody {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly request_id: string;
  readonly accepted: number;
  readonly results: readonly ResultBody[];
}

export interface ResultBody {
  readonly event_id: string | null;
  readonly status: string;
  readonly error?: { readonly code: string; readonly line?: number; readonly index?: number };
}

export interface PostOptions {
  readonly headers?: Record<string, string>;
  readonly path?: string;
  readonly method?: string;
}

/** One request on its own connection; a body in pieces is sent piece by piece, each in its own packet. */
export function post(
  port: number,
  body: string | Buffer | readonly Buffer[],
  options: PostOptions = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const {
      path = '/v1/events',
      method = 'POST',
      headers = { 'content-type': 'application/json' },
    } = options;
    const outgoing = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = /json/.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: JSON.parse(isJson ? text : '{}') as AnswerBody,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.setNoDelay(true);
    if (typeof body === 'string' || Buffer.isBuffer(body)) {
      outgoing.end(body);
      return;
    }
    const pieces = [...body];
    const next = (): void => {
      const piece = pieces.shift();
      if (piece === undefined) outgoing.end();
      else outgoing.write(piece, () => setImmediate(next));
    };
    next();
  });
}

/** Raw bytes over TCP; resolves with everything that came back until the server closed or `until` matched. */
export function raw(port: number, bytes: string | Buffer, until?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until?.test(text)) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}
