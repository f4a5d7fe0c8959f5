import { frozenKey, laneOf, outboxKey, stateKey } from './keys';
import { messageOf, SelfcheerError, StoreError } from '../errors';
import { sizeOf, type Acceptor, type AppendOutcome, type Event } from '../event';
import { Dedupe, encodeRemembered, type DedupeOptions, type Place, type Remembered } from './dedupe';
import { encodeFrozen } from './frozen';
import type { OutboxFigures } from './outbox-figures';
import { encodeRecord } from './record';
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

/** What a synced batch added to one lane. */
export interface Committed {
  readonly lane: number;
  /** Last sequence number now durable. */
  readonly high: number;
  readonly count: number;
}

/** What the outbox tells as it happens. Called on the hot path: cheap, and never throwing. */
export interface OutboxObserver {
  /** A batch was synced: its events by lane, and the seconds it took. */
  committed(lanes: readonly Committed[], seconds: number): void;
  /** A write failed: nothing is accepted any more until the store has been opened again. */
  fenced(error: StoreError): void;
}

/** Writes that reach the store together or not at all. */
export interface Batch {
  put(key: Buffer, value: Buffer): unknown;
  del(key: Buffer): unknown;
}

interface Append {
  readonly events: readonly Event[];
  readonly bytes: number;
  readonly queuedAt: number;
  readonly resolve: (outcomes: AppendOutcome[]) => void;
  readonly reject: (error: Error) => void;
}

/** A change of the state that joins the next batch; `build` adds its writes. */
interface Change {
  readonly durable: boolean;
  readonly build: (batch: Batch) => Promise<void> | void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const groupEvents = 8_192;
const groupBytes = 4 * 2 ** 20;
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
  private readonly appends: Append[] = [];
  private readonly changes: Change[] = [];
  private queuedBytes = 0;
  /** What `appends` holds. */
  private readonly waiting = { events: 0, bytes: 0 };
  private oldestCommitAt: number | undefined;
  private refusedFullAt = -Infinity;
  private running: Promise<void> | undefined;
  private fencedBy: StoreError | undefined;
  private closing = false;
  private closed: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;
  private agedAt = performance.now();
  private writtenAt = performance.now();

  constructor(
    private readonly store: Store,
    private readonly options: OutboxOptions,
    private readonly observer: OutboxObserver,
  ) {
    this.dedupe = new Dedupe(store.db, store.state, options.dedupe, (error) => this.fence(error));
    this.sweeper = new Sweeper(store.db, (error) => this.fence(error));
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
    let bytes = 0;
    for (const event of events) bytes += sizeOf(event);
    const refusal = this.refusal(bytes);
    if (refusal) return Promise.reject(refusal);
    this.queuedBytes += bytes;
    return new Promise((resolve, reject) => {
      this.appends.push({ events, bytes, queuedAt: performance.now(), resolve, reject });
      this.waiting.events += events.length;
      this.waiting.bytes += bytes;
      this.wake();
    });
  }

  /**
   * Milliseconds for which the first in line has waited while more waits than one batch takes: such a queue stands. What
   * the next batch takes whole does not, however slow the disk is.
   */
  standingMs(): number {
    const { appends } = this;
    if (this.waiting.events <= groupEvents && this.waiting.bytes <= groupBytes) return 0;
    return performance.now() - appends[0]!.queuedAt;
  }

  private refusal(bytes: number): SelfcheerError | undefined {
    if (this.fencedBy) return this.fencedBy;
    if (this.closing) return this.drainingError();
    if (this.heldBytes() + this.queuedBytes + bytes > refuseAtQuota * this.options.quotaBytes) {
      this.refusedFullAt = performance.now();
      return new SelfcheerError(
        'store_full',
        'The store is full: events come in faster than the sink takes them, the sink is away, or quarantine has grown.',
        { retriable: true },
      );
    }
    if (this.queuedBytes > 0 && this.queuedBytes + bytes > this.options.queueBytes) {
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
    return new Promise((resolve, reject) => {
      this.changes.push({ durable, build, resolve, reject });
      this.wake();
    });
  }

  /** Puts a record at the end of its lane, as part of a change or a group. */
  enqueue(batch: Batch, lane: number, record: Buffer): number {
    const marks = this.store.state.lanes[lane]!;
    marks.high += 1;
    this.store.state.bytes += record.length;
    batch.put(outboxKey(lane, marks.high), record);
    return marks.high;
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
    while (!this.fencedBy && (this.appends.length > 0 || this.changes.length > 0)) {
      const appends = this.takeAppends();
      const changes = this.changes.splice(0);
      try {
        await this.commit(appends, changes);
      } catch (error) {
        this.fence(error);
        for (const waiting of [...appends, ...changes]) waiting.reject(this.fencedBy!);
      }
    }
    this.oldestCommitAt = undefined;
    this.running = undefined;
  }

  private takeAppends(): Append[] {
    let events = 0;
    let bytes = 0;
    let count = 0;
    for (const append of this.appends) {
      if (count > 0 && (events + append.events.length > groupEvents || bytes + append.bytes > groupBytes))
        break;
      events += append.events.length;
      bytes += append.bytes;
      count += 1;
    }
    const group = this.appends.splice(0, count);
    this.waiting.events -= events;
    this.waiting.bytes -= bytes;
    this.oldestCommitAt = group[0]?.queuedAt;
    return group;
  }

  private async commit(appends: readonly Append[], changes: readonly Change[]): Promise<void> {
    const startedAt = performance.now();
    const highsBefore = this.store.state.lanes.map((marks) => marks.high);
    const batch = this.store.db.batch();
    for (const change of changes) await change.build(batch);

    const events = appends.length === 1 ? appends[0]!.events : appends.flatMap((append) => append.events);
    const outcomes = events.length > 0 ? this.place(events, await this.dedupe.lookup(events), batch) : [];

    this.store.state.aliveAt = Date.now();
    batch.put(stateKey, encodeState(this.store.state));
    const sync = outcomes.length > 0 || this.sweeper.due || changes.some((change) => change.durable);
    await batch.write({ sync });
    this.dedupe.written();
    this.writtenAt = performance.now();
    this.store.manifest.note(this.store.state.lanes, this.store.state.quarantine.next);

    // Never before: a power loss might keep the removal and lose the note that they are settled.
    if (sync) this.sweeper.sweep();
    let at = 0;
    for (const append of appends) {
      this.queuedBytes -= append.bytes;
      append.resolve(outcomes.slice(at, (at += append.events.length)));
    }
    for (const change of changes) change.resolve();
    this.tell(highsBefore, (performance.now() - startedAt) / 1000);
  }

  /** Decides for each event whether it is new, an update or known, and adds the writes for it. */
  private place(events: readonly Event[], known: (Remembered | undefined)[], batch: Batch): AppendOutcome[] {
    const acceptedAt = Date.now();
    const lanes = this.store.state.lanes.length;
    const inGroup = new Map<string, Remembered>();
    const newest = this.store.state.dedupe.generations[0]!;
    return events.map((event, i) => {
      const identity = event.identity.toString('latin1');
      const before = inGroup.get(identity) ?? known[i];
      if (before?.bodyHash.equals(event.bodyHash)) return { status: 'duplicate', revision: before.revision };
      if (before && this.options.dedupe.onConflict === 'reject')
        return { status: 'conflict', revision: before.revision };

      const revision = (before?.revision ?? 0) + 1;
      const lane = laneOf(event, lanes);
      const seq = this.enqueue(batch, lane, encodeRecord(event, revision, acceptedAt));
      batch.put(this.dedupe.key(event.identity), encodeRemembered(event.bodyHash, revision, { lane, seq }));
      newest.count += 1;
      inGroup.set(identity, { bodyHash: event.bodyHash, revision });
      return { status: before ? 'updated' : 'accepted', revision, lane, seq };
    });
  }

  private tell(highsBefore: readonly number[], seconds: number): void {
    const lanes: Committed[] = [];
    this.store.state.lanes.forEach(({ high }, lane) => {
      const count = high - highsBefore[lane]!;
      if (count > 0) lanes.push({ lane, high, count });
    });
    if (lanes.length > 0) this.observer.committed(lanes, seconds);
  }

  private fence(error: unknown): void {
    if (this.fencedBy) return;
    this.fencedBy = new StoreError('store_fenced', `Writing to the store failed: ${messageOf(error)}.`, {
      retriable: true,
      cause: error,
    });
    for (const waiting of [...this.appends.splice(0), ...this.changes.splice(0)])
      waiting.reject(this.fencedBy);
    this.queuedBytes = 0;
    this.waiting.events = this.waiting.bytes = 0;
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
    } else if (now - this.writtenAt >= housekeepingMs && this.store.state.bytes > 0) {
      // The next process must know until when this one saw what waits; see `aliveAt`.
      this.change(false, () => undefined).catch(() => undefined);
    }
  }

  /** Figures of the moment. Bytes for sizes, seconds for ages. */
  figures(): OutboxFigures {
    const { state } = this.store;
    const oldest = this.oldestCommitAt ?? this.appends[0]?.queuedAt;
    return {
      commitQueueBytes: this.queuedBytes,
      commitOldestSeconds: oldest === undefined ? 0 : (performance.now() - oldest) / 1000,
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
