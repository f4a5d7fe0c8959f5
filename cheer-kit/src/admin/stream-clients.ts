import type { Request, Response } from 'express';
import { ProblemError } from './problem';

/** Bounds of a stream of events. */
export interface StreamLimits {
  /** How often something goes out to everyone, in milliseconds. */
  readonly intervalMs: number;
  readonly maxClients: number;
  /** A client that leaves more bytes than this unread is dropped; it connects again by itself. */
  readonly maxBufferedBytes: number;
}

/** What holds when nothing else is said. */
export const streamLimits: StreamLimits = { intervalMs: 1000, maxClients: 64, maxBufferedBytes: 256 * 1024 };

/** Who follows a stream of server-sent events (WHATWG HTML, section 9.2). Each frame is made once for all of them. */
export class StreamClients {
  private readonly clients = new Set<Response>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** `who` is shutting down when it is closed; `regular` makes what goes out in every interval. */
  constructor(
    private readonly who: string,
    private readonly limits: StreamLimits,
    private readonly regular: () => string,
  ) {}

  /**
   * Answers with the stream, which begins with what `first` gives.
   *
   * @throws ProblemError 503 when it is closed, or enough follow it already
   */
  add(request: Request, response: Response, first: () => string): void {
    if (this.closed) throw unavailable('draining', `${this.who} is shutting down.`);
    if (this.clients.size >= this.limits.maxClients) {
      throw unavailable('too_many_clients', `${this.limits.maxClients} clients already follow this stream.`);
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(first());
    this.clients.add(response);
    response.on('close', () => this.forget(response));
    this.timer ??= setInterval(() => this.broadcast(this.regular()), this.limits.intervalMs).unref();
  }

  /** Sends these frames to everyone; who does not read is dropped. */
  broadcast(frames: string): void {
    for (const client of this.clients) {
      if (client.writableLength > this.limits.maxBufferedBytes) client.destroy();
      else client.write(frames);
    }
  }

  /** Ends every stream; later requests get 503. */
  close(): void {
    this.closed = true;
    for (const client of this.clients) client.end();
  }

  private forget(client: Response): void {
    this.clients.delete(client);
    if (this.clients.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

function unavailable(code: string, detail: string): ProblemError {
  return new ProblemError(503, code, detail, { 'Retry-After': '2' });
}
