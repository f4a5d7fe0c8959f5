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
    const response = await this.send({
      host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
      port: address.slice(colon + 1),
      path: target,
      // The name in `host` is also the one that the certificate must be for, wherever the address leads.
      headers: { accept: 'application/json', ...headers, 'accept-encoding': 'identity', host: origin.host },
      agent: this.agent,
      signal,
    });
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) {
      return this.read(response, new HttpError(200, `the answer is larger than ${maxResponseBytes} bytes`));
    }
    const error = failure(response);
    // Read to its end, so that the connection can be used again.
    await this.read(response, error);
    if (status === 404) return undefined;
    throw error;
  }

  private send(options: http.RequestOptions): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      this.client.get(options, resolve).on('error', reject);
    });
  }

  /** The whole body; gives up with `tooLarge` when that is what it is. */
  private async read(response: http.IncomingMessage, tooLarge: Error): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // To leave the loop closes the connection.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > this.options.maxResponseBytes) throw tooLarge;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** Ends what is under way, and every connection. */
  close(): void {
    this.agent.destroy();
    this.options.resolver.close();
  }
}

function failure({ statusCode = 0, headers }: http.IncomingMessage): HttpError {
  const redirect = statusCode >= 300 && statusCode < 400;
  return new HttpError(
    statusCode,
    redirect ? `it redirects (${statusCode}), which is not followed: name the right address` : undefined,
    { retryAfterSeconds: parseRetryAfter(headers['retry-after'], Date.now()) },
  );
}
