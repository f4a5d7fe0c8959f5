import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** A call under way. */
export interface Pending {
  /** Resolves when all of it but what is held back has been handed to the system. */
  readonly sent: Promise<void>;
  readonly answer: Promise<Answer>;
}

export interface Held extends Pending {
  /** Sends the last byte of the body. */
  release(): void;
}

const timeoutMs = 10_000;
const largestAnswer = 16 * 1024 * 1024;

/** One request on a connection of its own, so that no connection is reused while the service closes it. */
export function call(url: string, what: Call, signal: AbortSignal): Promise<Answer> {
  return begin(url, what, signal).answer;
}

/** The same, with the moment in which it is sent. */
export function begin(url: string, what: Call, signal: AbortSignal): Pending {
  const { request, answer } = open(url, what, signal, timeoutMs);
  const sent = new Promise<void>((resolve) => {
    request.once('finish', resolve).once('close', resolve);
  });
  request.end(what.body);
  return { sent, answer };
}

/** A request whose body lacks its last byte until `release`: as long as that, it is in flight. */
export function hold(
  url: string,
  what: Call & { readonly body: string },
  signal: AbortSignal,
  withinMs: number,
): Held {
  const bytes = Buffer.from(what.body);
  const headers = { ...what.headers, 'content-length': String(bytes.length) };
  const { request, answer } = open(url, { ...what, headers }, signal, withinMs);
  const sent = new Promise<void>((resolve) => {
    request.write(bytes.subarray(0, -1), () => resolve());
    request.once('close', resolve);
  });
  return { sent, answer, release: () => request.end(bytes.subarray(-1)) };
}

function open(
  url: string,
  { method = 'GET', headers, body }: Call,
  signal: AbortSignal,
  withinMs: number,
): { readonly request: ClientRequest; readonly answer: Promise<Answer> } {
  const make = url.startsWith('https:') ? httpsRequest : httpRequest;
  const request = make(url, {
    method,
    agent: false,
    headers: {
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
      connection: 'close',
    },
    signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    let answering = false;
    request.once('error', reject);
    // After 101, which nobody asked for, nothing else is said. Otherwise it is settled by then, or it is being read.
    request.once('close', () => answering || reject(new Error('the connection ended without an answer')));
    request.once('response', (response) => {
      answering = true;
      readText(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        reject,
      );
    });
  });
  // Who does not look at the answer is not to be ended by its failure.
  answer.catch(() => undefined);
  return { request, answer };
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > largestAnswer) throw new Error(`an answer of more than ${largestAnswer} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
