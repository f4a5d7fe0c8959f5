import { messageOf, SelfcheerError, StoreError } from '../errors';
import type { Acceptor, AppendOutcome, Event } from '../event';
import type { Batch } from './batch';
import { CommitQueue, sizeOfAll } from './commit-queue';
import { Committer, type Committed } from './committer';
import { Dedupe, type DedupeOptions, type Place, type Remembered } from './dedupe';
import { encodeFrozen } from './frozen';
import { frozenKey, stateKey } from './keys';
import type { OutboxFigures } from './outbox-figures';
import { backlog, encodeState, type LaneMarks } from './state';
import type { Store } from './store';
import { Sweeper } from './sweeper';

export interface OutboxOptions {
  readonly dedupe: DedupeOptions & { readonly onConflict: 'upsert' | 'reject' };
  /** Bytes of unsettled records that the store may hold; appends are refused from 85 % of it. */
  readonly quotaBytes: number;
  /** Bytes of events that may wait for the next synced batch. */
  readonly queueBytes: number;
}

/** What the outbox tells as it happens. Called on the hot path: cheap, and never throwing. */
export interface OutboxObserver {
  /** A batch was synced: its events by lane, and the seconds it took. */
  committed(lanes: readonly Committed[], seconds: number): void;
  /** A write failed: nothing is accepted any more until the store has been opened again. */
  fenced(error: StoreError): void;
}

const refuseAtQuota = 0.85;
const housekeepingMs = 1_000;

/**
 * The durable, ordered store of accepted events; the only writer of it.
 *
 * Group commit: what arrives while one batch is being synced waits and goes into the next, so one fsync serves many
 * callers. A batch is atomic: records, remembered identities and the state row stand or fall together. A failed write
 * fences the outbox (open -> fenced): what is on disk is then unknown until the store has been opened and verified
 * again, so nothing more is accepted or settled.
 */
export class Outbox implements Acceptor {
  private readonly dedupe: Dedupe;
  private readonly sweeper: Sweeper;
  private readonly queue = new CommitQueue();
  private readonly committer: Committer;
  private refusedFullAt = -Infinity;
  private running: Promise<void> | undefined;
  private fencedBy: StoreError | undefined;
  private closing = false;
  private closed: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;
  private agedAt = performance.now();

  constructor(
    private readonly store: Store,
    private readonly options: OutboxOptions,
    private readonly observer: OutboxObserver,
  ) {
    this.dedupe = new Dedupe(store.db, store.state, options.dedupe, (error) => this.fence(error));
    this.sweeper = new Sweeper(store.db, (error) => this.fence(error));
    this.committer = new Committer({
      store,
      dedupe: this.dedupe,
      sweeper: this.sweeper,
      queue: this.queue,
      onConflict: options.dedupe.onConflict,
      committed: (lanes, seconds) => observer.committed(lanes, seconds),
    });
    // An earlier run may have frozen some of what it had not settled.
    store.state.lanes.forEach(({ low, high }, lane) => low <= high && this.sweeper.noteFrozen(lane, high));
    this.dedupe.startDropping();
    this.timer = setInterval(() => this.keepHouse(), housekeepingMs);
    this.timer.unref();
  }

  get storeId(): string {
    return this.store.state.storeId;
  }

  /** Marks of every lane; the last one is the synthetic lane. */
  get lanes(): readonly Readonly<LaneMarks>[] {
    return this.store.state.lanes;
  }

  append(events: readonly Event[]): Promise<AppendOutcome[]> {
    const bytes = sizeOfAll(events);
    const refusal = this.refusal(bytes);
    if (refusal) return Promise.reject(refusal);
    const outcomes = this.queue.append(events, bytes);
    this.wake();
    return outcomes;
  }

  /** Bytes of events taken in since it was opened, and how many of them are not written yet. */
  get taken(): { readonly bytes: number; readonly waiting: number } {
    return { bytes: this.queue.takenBytes, waiting: this.queue.unwritten.bytes };
  }

  /** Events that were taken in and are not written yet. */
  get unwritten(): { readonly events: number; readonly bytes: number } {
    return this.queue.unwritten;
  }

  /**
   * Milliseconds for which the first in line has waited while more waits than one batch takes: such a queue stands. What
   * the next batch takes whole does not, however slow the disk is.
   */
  standingMs(): number {
    return this.queue.standingMs();
  }

  private refusal(bytes: number): SelfcheerError | undefined {
    if (this.fencedBy) return this.fencedBy;
    if (this.closing) return this.drainingError();
    const unwritten = this.queue.unwritten.bytes;
    if (this.heldBytes() + unwritten + bytes > refuseAtQuota * this.options.quotaBytes) {
      this.refusedFullAt = performance.now();
      return new SelfcheerError(
        'store_full',
        'The store is full: events come in faster than the sink takes them, the sink is away, or quarantine has grown.',
        { retriable: true },
      );
    }
    if (unwritten > 0 && unwritten + bytes > this.options.queueBytes) {
      return new SelfcheerError('overloaded', 'Too many bytes wait for the disk.', { retriable: true });
    }
    return undefined;
  }

  /** Bytes that the quota is for: what waits for the sink, and what waits for a person. */
  private heldBytes(): number {
    return this.store.state.bytes + this.store.state.quarantine.bytes;
  }

  private drainingError(): SelfcheerError {
    return new SelfcheerError('draining', 'The service is shutting down.', { retriable: true });
  }

  /**
   * Everything of a lane up to `through` is published, dropped or moved elsewhere by `move`. Not synced by
   * itself: if a power loss undoes it, those events are published once more, never lost.
   */
  settle(
    lane: number,
    through: number,
    bytes: number,
    move?: (batch: Batch) => Promise<void>,
  ): Promise<void> {
    return this.change(move !== undefined, async (batch) => {
      await move?.(batch);
      const marks = this.store.state.lanes[lane]!;
      const from = marks.low;
      marks.low = through + 1;
      this.store.state.bytes -= bytes;
      this.sweeper.add(lane, from, through);
    });
  }

  /**
   * Keeps what enrichment found for records of a lane, as `[seq, text]` in order: resolves when it is synced, so that
   * they may be sent. It goes when its record is settled.
   */
  freeze(lane: number, results: readonly (readonly [number, string])[]): Promise<void> {
    return this.change(true, (batch) => {
      for (const [seq, text] of results) {
        batch.put(frozenKey(lane, seq), encodeFrozen(text));
        this.sweeper.noteFrozen(lane, seq);
      }
    });
  }

  /** Adds a change of the state and its writes to the next batch; resolves when the batch is written. */
  change(durable: boolean, build: (batch: Batch) => Promise<void> | void): Promise<void> {
    if (this.fencedBy) return Promise.reject(this.fencedBy);
    if (this.closing) return Promise.reject(this.drainingError());
    const written = this.queue.change(durable, build);
    this.wake();
    return written;
  }

  /** Puts a record at the end of its lane, as part of a change or a group. */
  enqueue(batch: Batch, lane: number, record: Buffer): number {
    return this.committer.enqueue(batch, lane, record);
  }

  /** What is remembered of these identities; call it within a change for an answer that holds until its batch is written. */
  remembered(events: readonly Pick<Event, 'identity'>[]): Promise<(Remembered | undefined)[]> {
    return this.dedupe.lookup(events);
  }

  /** Adds to a change that a remembered event has another place now. */
  replace(batch: Batch, identity: Buffer, known: Remembered, place: Place): void {
    this.dedupe.move(batch, identity, known, place);
  }

  /** Forgets the body of an identity, as part of a change: the same event sent again is taken. */
  forget(batch: Batch, identity: Buffer, revision: number): void {
    this.dedupe.forget(batch, identity, revision);
  }

  private wake(): void {
    // A turn of the event loop lets the requests that arrived together share one batch.
    this.running ??= new Promise<void>((done) => setImmediate(done)).then(() => this.commitAll());
  }

  private async commitAll(): Promise<void> {
    while (!this.fencedBy && !this.queue.isEmpty) {
      const group = this.queue.take();
      try {
        await this.committer.commit(group);
      } catch (error) {
        this.fence(error);
        for (const append of group.appends) this.queue.ended(append);
        for (const waiting of [...group.appends, ...group.changes]) waiting.reject(this.fencedBy!);
      }
    }
    this.queue.rest();
    this.running = undefined;
  }

  private fence(error: unknown): void {
    if (this.fencedBy) return;
    this.fencedBy = new StoreError('store_fenced', `Writing to the store failed: ${messageOf(error)}.`, {
      retriable: true,
      cause: error,
    });
    this.queue.rejectAll(this.fencedBy);
    this.sweeper.discard();
    this.observer.fenced(this.fencedBy);
  }

  private keepHouse(): void {
    const now = performance.now();
    const elapsed = now - this.agedAt;
    this.agedAt = now;
    if (this.fencedBy || this.closing) return;
    this.store.manifest.sync().catch((error: unknown) => this.fence(error));
    if (this.dedupe.age(elapsed)) {
      this.dedupe.startDropping();
      this.change(true, () => undefined).catch(() => undefined);
    } else if (now - this.committer.writtenAt >= housekeepingMs && this.store.state.bytes > 0) {
      // The next process must know until when this one saw what waits; see `aliveAt`.
      this.change(false, () => undefined).catch(() => undefined);
    }
  }

  /** Figures of the moment. Bytes for sizes, seconds for ages. */
  figures(): OutboxFigures {
    const { state } = this.store;
    return {
      commitQueueBytes: this.queue.unwritten.bytes,
      commitOldestSeconds: this.queue.oldestMs() / 1000,
      outboxBytes: state.bytes,
      heldBytes: this.heldBytes(),
      full:
        this.heldBytes() >= refuseAtQuota * this.options.quotaBytes ||
        performance.now() - this.refusedFullAt < housekeepingMs,
      outboxRecords: state.lanes.reduce((sum, marks) => sum + backlog(marks), 0),
      dedupeIds: this.dedupe.size(),
      dedupeWindowSeconds: this.dedupe.windowSeconds(),
      quarantined: state.quarantine.count,
      lanes: state.lanes.length,
      fencedBy: this.fencedBy,
    };
  }

  /** Finishes what is queued, leaves the clean marker (unless fenced) and closes the store. A second call is the first. */
  close(): Promise<void> {
    return (this.closed ??= this.end());
  }

  private async end(): Promise<void> {
    this.closing = true;
    clearInterval(this.timer);
    while (this.running) await this.running;
    await this.dedupe.close();
    const { db, manifest, state } = this.store;
    let clean = false;
    try {
      state.aliveAt = Date.now();
      if (!this.fencedBy) await db.put(stateKey, encodeState(state), { sync: true });
      await this.sweeper.close();
      clean = !this.fencedBy;
    } finally {
      // Left open, it would be found again, with its error, when the store is opened anew.
      await manifest.close(clean ? state : undefined).finally(() => db.close());
    }
  }
}
