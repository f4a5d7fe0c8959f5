import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { SelfcheerError, UsageError } from '../../errors';

/** What the service said to one request. */
export interface Answer {
  readonly status: number;
  /** What Retry-After asks for; `undefined` when it does not. */
  readonly retryAfterMs: number | undefined;
  /** The parsed body when it is JSON. */
  readonly body: unknown;
}

export interface ClientOptions {
  /** Where the service is, for example `http://127.0.0.1:8080`; `/v1/events` is added when it has no path. */
  readonly url: string;
  readonly apiKey?: string;
  readonly connections: number;
  /** A connection that is silent for so long is given up. */
  readonly silenceMs?: number;
}

const maxAnswerBytes = 64 * 2 ** 20;

/** Posts batches of NDJSON over kept-alive connections. */
export class IngestClient {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: HttpAgent;
  readonly #silenceMs: number;

  constructor({ url, apiKey, connections, silenceMs = 30_000 }: ClientOptions) {
    this.#url = eventsUrl(url);
    this.#headers = {
      'content-type': 'application/x-ndjson',
      prefer: 'return=minimal',
      'user-agent': 'selfcheer-send',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    };
    const options = { keepAlive: true, maxSockets: connections };
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
    this.#silenceMs = silenceMs;
  }

  /** Resolves with any answer; rejects when there is none: no connection, reset, silence, abort. */
  post(body: Buffer, signal: AbortSignal): Promise<Answer> {
    const request = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const headers = { ...this.#headers, 'content-length': body.length };
      const options = { method: 'POST', agent: this.#agent, headers, signal, timeout: this.#silenceMs };
      const sent = request(this.#url, options, (response) => {
        readAnswer(response).then(resolve, reject);
      });
      sent.on('timeout', () => {
        sent.destroy(
          new SelfcheerError('no_answer', `no answer within ${this.#silenceMs / 1000} s`, {
            retriable: true,
          }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function eventsUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--url ${text} is not an address such as http://127.0.0.1:8080`);
  }
  if (url.pathname === '/') url.pathname = '/v1/events';
  return url;
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new SelfcheerError('bad_answer', 'the answer is absurdly long');
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    retryAfterMs: retryAfter(response.headers['retry-after'], Date.now()),
    body: parseJson(Buffer.concat(chunks).toString('utf8')),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page: the status alone decides
  }
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from `now`. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
