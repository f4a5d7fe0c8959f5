import { ProblemError } from '@selfcheer/cheer-kit';
import type { RequestHandler, Response } from 'express';

const maxClients = 64;
/** A page that leaves more than this unread is dropped; it connects again by itself. */
const maxBufferedBytes = 256 * 1024;

/** Server-sent events `targets`, one at once and then one every `intervalMs`, each made once for all who follow. */
export class TargetsStream {
  readonly #clients = new Set<Response>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly tell: () => unknown,
    private readonly intervalMs = 1_000,
  ) {}

  readonly handler: RequestHandler = (request, response) => {
    if (this.#closed) throw unavailable('draining', 'This sidecar is shutting down.');
    if (this.#clients.size >= maxClients) {
      throw unavailable('too_many_clients', `${maxClients} clients already follow this stream.`);
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(this.#frame());
    this.#clients.add(response);
    response.on('close', () => this.#forget(response));
    this.#timer ??= setInterval(() => this.#tick(), this.intervalMs).unref();
  };

  /** Ends every stream; later requests get 503. */
  close(): void {
    this.#closed = true;
    for (const client of this.#clients) client.end();
  }

  #frame(): string {
    return `event: targets\ndata: ${JSON.stringify(this.tell())}\n\n`;
  }

  #tick(): void {
    const frame = this.#frame();
    for (const client of this.#clients) {
      if (client.writableLength > maxBufferedBytes) client.destroy();
      else client.write(frame);
    }
  }

  #forget(client: Response): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function unavailable(code: string, detail: string): ProblemError {
  return new ProblemError(503, code, detail, { 'Retry-After': '2' });
}
