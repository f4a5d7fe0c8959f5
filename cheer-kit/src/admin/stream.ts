import type { RequestHandler, Response } from 'express';
import type { CheerEvent } from '../verdict';
import { eventJson, summaryJson } from './api-json';
import { ProblemError } from './problem';
import type { ServiceView } from './service-view';

/** Bounds of the stream of events. */
export interface StreamLimits {
  /** How often a summary goes out, in milliseconds. */
  readonly intervalMs: number;
  readonly maxClients: number;
  /** A client that leaves more bytes than this unread is dropped; it resumes with Last-Event-ID. */
  readonly maxBufferedBytes: number;
}

/** What holds when nothing else is said. */
export const streamLimits: StreamLimits = { intervalMs: 1000, maxClients: 64, maxBufferedBytes: 256 * 1024 };

/**
 * Server-sent events (WHATWG HTML, section 9.2) of `GET /api/v1/stream`.
 *
 * | event | id | data |
 * | --- | --- | --- |
 * | summary | the latest sequence in the first one, else none | the body of /api/v1/summary, once a second |
 * | cheer | none | cheers_total and misses_total, with a summary in which cheers_total has grown |
 * | state, miss, quarantine, flag, release | the sequence | one cheer event, as in /api/v1/events |
 *
 * With Last-Event-ID what came after it and is still in the ring is sent first. Every frame is made once for all
 * clients. A summary that can't be made becomes a comment, so that the connection still shows life.
 */
export class EventStream {
  private readonly clients = new Set<Response>();
  private readonly unsubscribe: () => void;
  private timer: NodeJS.Timeout | undefined;
  private cheersTotal = 0;
  private closed = false;

  constructor(
    private readonly view: ServiceView,
    private readonly limits: StreamLimits,
    private readonly onError: (error: unknown, path: string) => void,
  ) {
    this.unsubscribe = view.subscribe((event) => this.broadcast(eventFrame(event)));
  }

  readonly handler: RequestHandler = (request, response) => {
    if (this.closed) throw unavailable('draining', 'The service is shutting down.');
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
    const summary = this.summary();
    response.write(`retry: 2000\n\n${this.missedSince(request.get('Last-Event-ID'))}`);
    response.write(`id: ${this.latestSequence()}\n${summary}`);
    this.clients.add(response);
    response.on('close', () => this.forget(response));
    this.timer ??= setInterval(() => this.tick(), this.limits.intervalMs).unref();
  };

  /** Ends every stream; later requests get 503. */
  close(): void {
    this.closed = true;
    this.unsubscribe();
    for (const client of this.clients) client.end();
  }

  private forget(client: Response): void {
    this.clients.delete(client);
    if (this.clients.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    this.broadcast(this.summary());
  }

  private broadcast(frames: string): void {
    for (const client of this.clients) {
      if (client.writableLength > this.limits.maxBufferedBytes) client.destroy();
      else client.write(frames);
    }
  }

  private latestSequence(): number {
    return this.view.events(0).at(-1)?.sequence ?? 0;
  }

  private missedSince(lastEventId: string | undefined): string {
    if (lastEventId === undefined || !/^\d{1,15}$/.test(lastEventId)) return '';
    const seen = Number(lastEventId);
    // A client that is ahead of the ring knew another store: everything here is new to it.
    return this.view
      .events(seen > this.latestSequence() ? 0 : seen)
      .map(eventFrame)
      .join('');
  }

  private summary(): string {
    try {
      const summary = summaryJson(this.view, Date.now());
      const { cheers_total, misses_total } = summary.cheer;
      const grown = cheers_total > this.cheersTotal;
      this.cheersTotal = cheers_total;
      return frame('summary', summary) + (grown ? frame('cheer', { cheers_total, misses_total }) : '');
    } catch (error) {
      this.onError(error, '/api/v1/stream');
      return ': no summary\n\n';
    }
  }
}

function frame(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function eventFrame(event: CheerEvent): string {
  return `id: ${event.sequence}\n${frame(event.kind, eventJson(event))}`;
}

function unavailable(code: string, detail: string): ProblemError {
  return new ProblemError(503, code, detail, { 'Retry-After': '2' });
}
