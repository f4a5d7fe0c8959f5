import type { RequestHandler } from 'express';
import type { CheerEvent } from '../verdict';
import { eventJson, summaryJson } from './api-json';
import type { ServiceView } from './service-view';
import { StreamClients, type StreamLimits } from './stream-clients';

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
  private readonly clients: StreamClients;
  private readonly unsubscribe: () => void;
  private cheersTotal = 0;

  constructor(
    private readonly view: ServiceView,
    limits: StreamLimits,
    private readonly onError: (error: unknown, path: string) => void,
  ) {
    this.clients = new StreamClients('The service', limits, () => this.summary());
    this.unsubscribe = view.subscribe((event) => this.clients.broadcast(eventFrame(event)));
  }

  readonly handler: RequestHandler = (request, response) => {
    this.clients.add(request, response, () => {
      const summary = this.summary();
      const missed = this.missedSince(request.get('Last-Event-ID'));
      return `retry: 2000\n\n${missed}id: ${this.latestSequence()}\n${summary}`;
    });
  };

  /** Ends every stream; later requests get 503. */
  close(): void {
    this.unsubscribe();
    this.clients.close();
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
