import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { SelfcheerError } from '../errors';

export interface TargetRequest {
  readonly method?: string;
  readonly headers: OutgoingHttpHeaders;
  /** Sent as the body; none when absent. */
  readonly body?: Buffer;
  /** Milliseconds without a byte in either direction after which it is given up, before the answer and within it. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** Nothing came for too long. */
export class TargetSilentError extends SelfcheerError {
  constructor(silenceMs: number) {
    super('target_silent', `no answer within ${silenceMs / 1000} s`, { retriable: true });
  }
}

/** The connection is over, and there was no answer to the request. */
class TargetLeftError extends SelfcheerError {
  constructor() {
    super('target_left', 'it ended the connection without an answer', { retriable: true });
  }
}

const agents = {
  'http:': new http.Agent({ keepAlive: true, maxFreeSockets: 4 }),
  'https:': new https.Agent({ keepAlive: true, maxFreeSockets: 4 }),
};

/** Resolves with the answer when its head is there. Redirects are answers like any other: nobody is sent elsewhere. */
export function requestTarget(url: URL, request: TargetRequest): Promise<IncomingMessage> {
  const { method = 'GET', headers, body, silenceMs, signal } = request;
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const outgoing = (secure ? https : http).request(url, {
      ...{ method, signal, timeout: silenceMs },
      agent: agents[secure ? 'https:' : 'http:'],
      headers: { ...headers, ...(body && { 'content-length': body.length }) },
    });
    outgoing.on('timeout', () => outgoing.destroy(new TargetSilentError(silenceMs)));
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    // After 101, which nobody asked for, nothing else is said. Otherwise it is settled by then.
    outgoing.on('close', () => reject(new TargetLeftError()));
    outgoing.end(body);
  });
}

/** All of a stream, or undefined when it has more bytes than `most`: then it is destroyed. */
export async function readAll(stream: Readable, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
