import { traceIdOf } from '@selfcheer/cheer-kit';
import type { StoredEvent } from '../event';
import { messageOf } from '../errors';
import { backoff, pause, within } from './backoff';
import type { BatchSpans, BatchTrace } from './batch-trace';
import { prepare, type Prepared, type PreparationOptions } from './preparation';
import type { OutgoingMessage } from './publisher';
import type { RefusedEvent, RelayReport } from './relay-protocol';
import type { Sender } from './sender';
import { bounded, waitReason } from './wait-reason';

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

export interface LaneOptions extends PreparationOptions {
  readonly reader: LaneReader;
  readonly sender: Sender;
  readonly report: (report: RelayReport) => void;
  readonly batchEvents: number;
  readonly batchBytes: number;
  /** Absent while no traces are exported. */
  readonly spans?: BatchSpans | undefined;
}

/** How long a lane waits before it asks again while the breaker is open or the retry budget is spent. */
const heldMs = 200;
const breakerOpen = "the sink's breaker is open: nothing is sent until a probe goes through";
const heldFor = (): number => heldMs * (0.5 + Math.random());

/**
 * One ordered slice of the outbox on its way to the sink.
 *
 *   idle -> reading -> enriching -> freezing -> sending -> settled -> idle    freezing: only what came from elsewhere
 *                                   sending -> waiting -> sending    ambiguous failure, or the sink is away
 *                                   sending -> sending (each half)   a record was refused: bisect
 *
 * Exactly one batch is frozen at a time: its bytes don't change from the first send to the last, and the next batch
 * is read only when every event of this one is settled. That is what keeps the order.
 */
export class Lane {
  private high: number;
  private wake: (() => void) | undefined;
  private storedThrough: ((seq: number) => void) | undefined;
  /** Why the batch in hand waits, as it was last told. */
  private reason: string | undefined;

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

  /** What this lane gave to be frozen, up to this record, is stored. */
  frozen(through: number): void {
    this.storedThrough?.(through);
  }

  /** Runs until `stopping` is aborted; a batch that is enriched by then is still settled unless `deadline` is aborted. */
  async run(stopping: AbortSignal, deadline: AbortSignal): Promise<void> {
    const stop = (): void => this.wake?.();
    stopping.addEventListener('abort', stop);
    while (!stopping.aborted) {
      if (this.cursor >= this.high) await new Promise<void>((resolve) => (this.wake = resolve));
      else if (!(await this.step(stopping, deadline))) break;
    }
    stopping.removeEventListener('abort', stop);
  }

  /** Takes one batch the whole way. False when it was stopped: then it is still in the outbox. */
  private async step(stopping: AbortSignal, deadline: AbortSignal): Promise<boolean> {
    const { reader, report } = this.options;
    const { batchEvents, batchBytes } = this.options;
    const { events, bytes } = await reader.read(this.lane, this.cursor, this.high, batchEvents, batchBytes);
    const last = events.at(-1);
    if (!last)
      throw new Error(`lane ${this.lane} holds no record after ${this.cursor}, but ends at ${this.high}`);
    const { traffic } = last;
    this.reason = undefined;
    report({
      kind: 'frozen',
      lane: this.lane,
      through: last.seq,
      events: events.length,
      traffic,
    });

    const startedAt = performance.now();
    const trace = this.options.spans?.begin(events);
    let prepared: Prepared | undefined;
    try {
      prepared = await prepare(events, this.options, stopping, (reason) => this.waits(reason), trace);
    } finally {
      trace?.endSteps();
    }
    if (!prepared || !(await this.freeze(prepared, deadline))) return false;
    const enrichedAt = performance.now();
    const failures = { count: 0 };
    const refusedBySink = await this.send(prepared.messages, deadline, failures, trace);
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
      droppedSeqs: prepared.droppedSeqs,
      refused: [...prepared.refused, ...refusedBySink],
      enrichSeconds: (enrichedAt - startedAt) / 1000,
      publishSeconds: (performance.now() - enrichedAt) / 1000,
      failedSends: failures.count,
      ...(trace && { traceId: trace.traceId }),
    });
    return true;
  }

  /**
   * What came from elsewhere must be the same when these events are sent again, by another process, too: it is stored
   * first. False when the deadline came first.
   */
  private async freeze({ freeze }: Prepared, deadline: AbortSignal): Promise<boolean> {
    const through = freeze.at(-1)?.[0];
    if (through === undefined) return true;
    const stored = new Promise<true>((resolve) => {
      this.storedThrough = (upTo) => upTo === through && resolve(true);
    });
    this.options.report({ kind: 'freeze', lane: this.lane, through, results: freeze });
    return (await within(stored, deadline)) ?? false;
  }

  /** Sends until everything is published or refused for good; returns the refused ones. */
  private async send(
    whole: readonly OutgoingMessage[],
    deadline: AbortSignal,
    failures: { count: number },
    trace: BatchTrace | undefined,
  ): Promise<RefusedEvent[] | undefined> {
    let batch = whole;
    for (let attempts = 1; batch.length > 0;) {
      const outcome = await this.options.sender.send(this.topic, batch, attempts > 1, deadline, trace);
      if (outcome === 'held') {
        // What the last send failed with says more, where there was one.
        if (this.reason === undefined && this.options.sender.open) this.waits(breakerOpen);
        if (!(await pause(heldFor(), deadline))) return undefined;
        continue;
      }
      if (outcome.kind === 'published') return [];
      failures.count += 1;
      this.waits(waitReason(outcome, this.topic));
      const { publishedIndexes } = outcome;
      if (publishedIndexes) {
        // Some partitions took theirs. A key has one partition, so its order holds when only the rest goes on.
        batch = batch.filter((_, i) => !publishedIndexes.includes(i));
      }
      if (outcome.kind === 'refused' && batch.length > 0) {
        if (batch.length === 1) {
          const verdict = { reason: outcome.reason, step: 'publish', detail: messageOf(outcome.error) };
          const [{ seq, headers }] = batch as [OutgoingMessage];
          const { ce_id: eventId = '', traceparent } = headers;
          const traced = traceparent === undefined ? {} : { traceId: traceIdOf({ traceparent }) };
          return [{ seq, eventId, ...traced, verdict, attempts }];
        }
        return this.bisect(batch, deadline, failures, trace);
      }
      // While the breaker is open, its sleep is the backoff: with one on top, a lone lane would probe much too late.
      const waitMs = this.options.sender.open ? heldFor() : backoff(this.options, attempts);
      if (!(await pause(waitMs, deadline))) return undefined;
      attempts += 1;
    }
    return [];
  }

  private waits(reason: string): void {
    const detail = bounded(reason);
    if (detail === this.reason) return;
    this.reason = detail;
    this.options.report({ kind: 'waiting', lane: this.lane, detail });
  }

  private async bisect(
    batch: readonly OutgoingMessage[],
    deadline: AbortSignal,
    failures: { count: number },
    trace: BatchTrace | undefined,
  ): Promise<RefusedEvent[] | undefined> {
    const middle = batch.length >> 1;
    const left = await this.send(batch.slice(0, middle), deadline, failures, trace);
    const right = left && (await this.send(batch.slice(middle), deadline, failures, trace));
    return right && [...left, ...right];
  }
}
