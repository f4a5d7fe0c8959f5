import * as http from 'node:http';
import * as https from 'node:https';
import { HttpError, parseRetryAfter, type Resolver } from '@selfcheer/cheer-kit';

export interface HttpGetOptions {
  /** Scheme, host and port; what the host is called there and in the certificate. */
  readonly origin: URL;
  /** Says which address is called. */
  readonly resolver: Resolver;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxResponseBytes: number;
  /** Connections that are kept open while nobody needs them. */
  readonly idleConnections: number;
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Undefined when it is too large. */
  readonly body: Buffer | undefined;
}

/** One HTTP service, asked over connections that are kept open. Redirects are not followed: they lead to strangers. */
export class HttpGet {
  private readonly client: typeof http | typeof https;
  private readonly agent: http.Agent;

  constructor(private readonly options: HttpGetOptions) {
    this.client = options.origin.protocol === 'https:' ? https : http;
    this.agent = new this.client.Agent({ keepAlive: true, maxFreeSockets: options.idleConnections });
  }

  /**
   * The body of the answer, undefined when it is 404. `target`: path and query, escaped.
   * Rejects with an HttpError for any other status and for too large an answer, with the error of the connection, or
   * when `signal` is aborted.
   */
  async get(target: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const { origin, resolver, headers, maxResponseBytes } = this.options;
    const address = await resolver.pick(signal);
    const colon = address.lastIndexOf(':');
    const response = await this.send(
      {
        host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
        port: address.slice(colon + 1),
        path: target,
        // The name in `host` is also the one that the certificate must be for, wherever the address leads.
        headers: { accept: 'application/json', ...headers, 'accept-encoding': 'identity', host: origin.host },
        agent: this.agent,
      },
      signal,
    );
    const { status, body } = response;
    if (status >= 200 && status < 300) {
      if (body) return body;
      throw new HttpError(200, `the answer is larger than ${maxResponseBytes} bytes`);
    }
    if (status === 404) return undefined;
    throw failure(response);
  }

  /**
   * The whole answer. Callbacks and no streams to be waited for, and a listener of our own in place of `options.signal`:
   * this is done for every event, and the comfort costs as much as the request.
   */
  private send(options: http.RequestOptions, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = this.client.get(options, (response) => {
        const { statusCode: status = 0, headers } = response;
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= this.options.maxResponseBytes) return chunks.push(chunk);
          // What is left of it is not worth the connection.
          request.destroy();
          return settle(() => resolve({ status, headers, body: undefined }));
        });
        // Read to its end whatever the status, so that the connection can be used again.
        response.on('end', () =>
          settle(() =>
            resolve({
              ...{ status, headers },
              body: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks),
            }),
          ),
        );
        response.on('error', (error) => settle(() => reject(error)));
      });
      const abort = (): void => void request.destroy(signal.reason as Error);
      const settle = (how: () => void): void => {
        signal.removeEventListener('abort', abort);
        how();
      };
      request.on('error', (error) => settle(() => reject(error)));
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
    });
  }

  /** Ends what is under way, and every connection. */
  close(): void {
    this.agent.destroy();
    this.options.resolver.close();
  }
}

function failure({ status, headers }: Answer): HttpError {
  const redirect = status >= 300 && status < 400;
  return new HttpError(
    status,
    redirect ? `it redirects (${status}), which is not followed: name the right address` : undefined,
    { retryAfterSeconds: parseRetryAfter(headers['retry-after'], Date.now()) },
  );
}
