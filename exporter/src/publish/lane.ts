import { setTimeout as sleep } from 'node:timers/promises';
import type { Enricher, EnrichOutcome, StoredEvent } from '../event';
import { messageOf } from '../errors';
import type { OutgoingMessage } from './publisher';
import type { RefusedEvent, RelayReport } from './relay-protocol';
import type { Sender } from './sender';

/** The outbox as the relay reads it. */
export interface LaneReader {
  read(
    lane: number,
    after: number,
    through: number,
    maxEvents: number,
    maxBytes: number,
  ): Promise<{ readonly events: readonly StoredEvent[]; readonly bytes: number }>;
}

export type Enriched = Extract<EnrichOutcome, { outcome: 'ok' }>;

export interface LaneOptions {
  readonly reader: LaneReader;
  readonly enricher: Enricher;
  readonly sender: Sender;
  readonly message: (event: StoredEvent, enriched: Enriched) => OutgoingMessage;
  readonly report: (report: RelayReport) => void;
  readonly batchEvents: number;
  readonly batchBytes: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

interface Prepared {
  readonly messages: OutgoingMessage[];
  readonly refused: RefusedEvent[];
  readonly dropped: number;
}

/** How long a lane waits before it asks again while the breaker is open or the retry budget is spent. */
const heldMs = 200;

/**
 * One ordered slice of the outbox on its way to the sink.
 *
 *   idle -> reading -> enriching -> sending -> settled -> idle
 *                                   sending -> waiting -> sending    ambiguous failure, or the sink is away
 *                                   sending -> sending (each half)   a record was refused: bisect
 *
 * Exactly one batch is frozen at a time: its bytes don't change from the first send to the last, and the next batch
 * is read only when every event of this one is settled. That is what keeps the order.
 */
export class Lane {
  private high: number;
  private wake: (() => void) | undefined;

  constructor(
    private readonly lane: number,
    private readonly topic: string,
    /** Last settled sequence number; everything after it is still to be sent. */
    private cursor: number,
    private readonly options: LaneOptions,
  ) {
    this.high = cursor;
  }

  /** The lane has grown up to `high`. */
  advance(high: number): void {
    this.high = Math.max(this.high, high);
    this.wake?.();
  }

  /** Runs until `stopping` is aborted; a frozen batch is still settled unless `deadline` is aborted. */
  async run(stopping: AbortSignal, deadline: AbortSignal): Promise<void> {
    const stop = (): void => this.wake?.();
    stopping.addEventListener('abort', stop);
    while (!stopping.aborted) {
      if (this.cursor >= this.high) await new Promise<void>((resolve) => (this.wake = resolve));
      else if (!(await this.step(deadline))) break;
    }
    stopping.removeEventListener('abort', stop);
  }

  /** Takes one batch the whole way. False when the deadline came first: then it is still in the outbox. */
  private async step(deadline: AbortSignal): Promise<boolean> {
    const { reader, report } = this.options;
    const { batchEvents, batchBytes } = this.options;
    const { events, bytes } = await reader.read(this.lane, this.cursor, this.high, batchEvents, batchBytes);
    const last = events.at(-1);
    if (!last)
      throw new Error(`lane ${this.lane} holds no record after ${this.cursor}, but ends at ${this.high}`);
    const { traffic } = last;
    const oldestAcceptedAt = events[0]!.acceptedAt;
    report({
      kind: 'frozen',
      lane: this.lane,
      through: last.seq,
      events: events.length,
      traffic,
      oldestAcceptedAt,
    });

    const startedAt = performance.now();
    const prepared = await this.prepare(events, deadline);
    if (!prepared) return false;
    const enrichedAt = performance.now();
    const failures = { count: 0 };
    const refusedBySink = await this.send(prepared.messages, deadline, failures);
    if (!refusedBySink) return false;

    this.cursor = last.seq;
    report({
      kind: 'settled',
      lane: this.lane,
      through: last.seq,
      traffic,
      bytes,
      enriched: prepared.messages.length,
      published: prepared.messages.length - refusedBySink.length,
      dropped: prepared.dropped,
      refused: [...prepared.refused, ...refusedBySink],
      oldestAcceptedAt,
      settledAt: Date.now(),
      enrichSeconds: (enrichedAt - startedAt) / 1000,
      publishSeconds: (performance.now() - enrichedAt) / 1000,
      failedSends: failures.count,
    });
    return true;
  }

  private async prepare(
    events: readonly StoredEvent[],
    deadline: AbortSignal,
  ): Promise<Prepared | undefined> {
    const prepared = { messages: [] as OutgoingMessage[], refused: [] as RefusedEvent[], dropped: 0 };
    for (const event of events) {
      for (let attempts = 1; ; attempts++) {
        const result = this.enrich(event);
        // Most chains answer at once; a microtask for each event would be felt.
        const outcome = result instanceof Promise ? await result : result;
        if (outcome.outcome === 'retry') {
          if (!(await this.pause(this.backoff(attempts), deadline))) return undefined;
          continue;
        }
        if (outcome.outcome === 'ok') {
          prepared.messages.push(this.options.message(event, outcome));
        } else if (outcome.outcome === 'drop') prepared.dropped += 1;
        else prepared.refused.push({ seq: event.seq, eventId: event.id, verdict: outcome.verdict, attempts });
        break;
      }
    }
    return prepared;
  }

  /** A throw is a bug in a step: it condemns that one event, not its batch. */
  private enrich(event: StoredEvent): ReturnType<Enricher['enrich']> {
    const bug = (error: unknown): EnrichOutcome => ({
      outcome: 'quarantine',
      verdict: { reason: 'bug', step: 'enrich', detail: messageOf(error) },
    });
    try {
      const outcome = this.options.enricher.enrich(event);
      return outcome instanceof Promise ? outcome.catch(bug) : outcome;
    } catch (error) {
      return bug(error);
    }
  }

  /** Sends until everything is published or refused for good; returns the refused ones. */
  private async send(
    whole: readonly OutgoingMessage[],
    deadline: AbortSignal,
    failures: { count: number },
  ): Promise<RefusedEvent[] | undefined> {
    let batch = whole;
    for (let attempts = 1; batch.length > 0;) {
      const outcome = await this.options.sender.send(this.topic, batch, attempts > 1);
      if (outcome === 'held') {
        if (!(await this.pause(heldMs * (0.5 + Math.random()), deadline))) return undefined;
        // A first send that was held back is a retry from now on: it must not earn budget twice.
        attempts = Math.max(attempts, 2);
        continue;
      }
      if (outcome.kind === 'published') return [];
      failures.count += 1;
      const { publishedIndexes } = outcome;
      if (publishedIndexes) {
        // Some partitions took theirs. A key has one partition, so its order holds when only the rest goes on.
        batch = batch.filter((_, i) => !publishedIndexes.includes(i));
      }
      if (outcome.kind === 'refused' && batch.length > 0) {
        if (batch.length === 1) {
          const verdict = { reason: outcome.reason, step: 'publish', detail: messageOf(outcome.error) };
          const [{ seq, headers }] = batch as [OutgoingMessage];
          return [{ seq, eventId: headers['ce_id'] ?? '', verdict, attempts }];
        }
        return this.bisect(batch, deadline, failures);
      }
      if (!(await this.pause(this.backoff(attempts), deadline))) return undefined;
      attempts += 1;
    }
    return [];
  }

  private async bisect(
    batch: readonly OutgoingMessage[],
    deadline: AbortSignal,
    failures: { count: number },
  ): Promise<RefusedEvent[] | undefined> {
    const middle = batch.length >> 1;
    const left = await this.send(batch.slice(0, middle), deadline, failures);
    const right = left && (await this.send(batch.slice(middle), deadline, failures));
    return right && [...left, ...right];
  }

  /** Exponential with full jitter, in milliseconds. Source: M. Brooker, "Exponential Backoff And Jitter", AWS, 2015. */
  private backoff(attempts: number): number {
    const { backoffMinMs, backoffMaxMs } = this.options;
    return Math.random() * Math.min(backoffMaxMs, backoffMinMs * 2 ** attempts);
  }

  /** False when the deadline came first. */
  private async pause(ms: number, deadline: AbortSignal): Promise<boolean> {
    if (deadline.aborted) return false;
    await sleep(ms, undefined, { signal: deadline }).catch(() => undefined);
    return !deadline.aborted;
  }
}
