import type { AppendOutcome, Event } from '../event';
import type { Batch } from './batch';
import type { CommitQueue, Group } from './commit-queue';
import { encodeRemembered, type Dedupe, type Remembered } from './dedupe';
import { laneOf, outboxKey, stateKey } from './keys';
import { encodeRecord } from './record';
import { encodeState } from './state';
import type { Store } from './store';
import type { Sweeper } from './sweeper';

/** What a synced batch added to one lane. */
export interface Committed {
  readonly lane: number;
  /** Last sequence number now durable. */
  readonly high: number;
  readonly count: number;
}

export interface CommitterOptions {
  readonly store: Store;
  readonly dedupe: Dedupe;
  readonly sweeper: Sweeper;
  readonly queue: CommitQueue;
  readonly onConflict: 'upsert' | 'reject';
  /** A batch was synced: its events by lane, and the seconds it took. */
  readonly committed: (lanes: readonly Committed[], seconds: number) => void;
}

/** Writes one group of what waits as one batch. */
export class Committer {
  /** When the last batch was written; monotonic milliseconds. */
  writtenAt = performance.now();

  constructor(private readonly options: CommitterOptions) {}

  /** Resolves everything in the group when it is written; rejects, with nothing resolved, when that fails. */
  async commit({ appends, changes }: Group): Promise<void> {
    const { store, dedupe, sweeper, queue } = this.options;
    const startedAt = performance.now();
    const highsBefore = store.state.lanes.map((marks) => marks.high);
    const batch = store.db.batch();
    for (const change of changes) await change.build(batch);

    const events = appends.length === 1 ? appends[0]!.events : appends.flatMap((append) => append.events);
    const outcomes = events.length > 0 ? this.place(events, await dedupe.lookup(events), batch) : [];

    store.state.aliveAt = Date.now();
    batch.put(stateKey, encodeState(store.state));
    const sync = outcomes.length > 0 || sweeper.due || changes.some((change) => change.durable);
    await batch.write({ sync });
    dedupe.written();
    this.writtenAt = performance.now();
    store.manifest.note(store.state.lanes, store.state.quarantine.next);

    // Never before: a power loss might keep the removal and lose the note that they are settled.
    if (sync) sweeper.sweep();
    let at = 0;
    for (const append of appends) {
      queue.ended(append);
      append.resolve(outcomes.slice(at, (at += append.events.length)));
    }
    for (const change of changes) change.resolve();
    this.tell(highsBefore, (performance.now() - startedAt) / 1000);
  }

  /** Puts a record at the end of its lane, as part of a change or a group. */
  enqueue(batch: Batch, lane: number, record: Buffer): number {
    const { state } = this.options.store;
    const marks = state.lanes[lane]!;
    marks.high += 1;
    state.bytes += record.length;
    batch.put(outboxKey(lane, marks.high), record);
    return marks.high;
  }

  /** Decides for each event whether it is new, an update or known, and adds the writes for it. */
  private place(events: readonly Event[], known: (Remembered | undefined)[], batch: Batch): AppendOutcome[] {
    const { store, dedupe, onConflict } = this.options;
    const acceptedAt = Date.now();
    const lanes = store.state.lanes.length;
    const inGroup = new Map<string, Remembered>();
    const newest = store.state.dedupe.generations[0]!;
    return events.map((event, i) => {
      const identity = event.identity.toString('latin1');
      const before = inGroup.get(identity) ?? known[i];
      if (before?.bodyHash.equals(event.bodyHash)) return { status: 'duplicate', revision: before.revision };
      if (before && onConflict === 'reject') return { status: 'conflict', revision: before.revision };

      const revision = (before?.revision ?? 0) + 1;
      const lane = laneOf(event, lanes);
      const seq = this.enqueue(batch, lane, encodeRecord(event, revision, acceptedAt));
      batch.put(dedupe.key(event.identity), encodeRemembered(event.bodyHash, revision, { lane, seq }));
      newest.count += 1;
      inGroup.set(identity, { bodyHash: event.bodyHash, revision });
      return { status: before ? 'updated' : 'accepted', revision, lane, seq };
    });
  }

  private tell(highsBefore: readonly number[], seconds: number): void {
    const lanes: Committed[] = [];
    this.options.store.state.lanes.forEach(({ high }, lane) => {
      const count = high - highsBefore[lane]!;
      if (count > 0) lanes.push({ lane, high, count });
    });
    if (lanes.length > 0) this.options.committed(lanes, seconds);
  }
}
