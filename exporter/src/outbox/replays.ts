import { parseOutboxKey, replayedKey, replayedRange } from './keys';
import type { LaneMarks } from './state';

/** What an outbox row that is a replay brings with it from quarantine. */
export interface Replay {
  readonly eventId: string;
  /** Of all its stays so far. */
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly firstQuarantinedAt: number;
  /** Epoch milliseconds. */
  readonly replayedAt: number;
}

interface Writes {
  put(key: Buffer, value: Buffer): unknown;
  del(key: Buffer): unknown;
}

interface Rows {
  iterator(range: typeof replayedRange): AsyncIterable<[Buffer, Buffer]>;
  clear(range: { readonly gte: Buffer; readonly lt: Buffer }): Promise<void>;
}

/**
 * The replayed events that are not settled yet, in memory and in the store. Each one's wait began with its replay and
 * it was counted as not delivered when it was set aside: neither its age nor the delivery SLO starts with its
 * acceptance.
 */
export class Replays {
  /** By lane, in the order of their sequence numbers. */
  private readonly lanes = new Map<number, Map<number, Replay>>();
  private count = 0;

  static async read(db: Rows): Promise<Replays> {
    const replays = new Replays();
    for await (const [key, value] of db.iterator(replayedRange)) {
      const { lane, seq } = parseOutboxKey(key);
      replays.note(lane, seq, JSON.parse(value.toString()) as Replay);
    }
    return replays;
  }

  get size(): number {
    return this.count;
  }

  get(lane: number, seq: number): Replay | undefined {
    return this.lanes.get(lane)?.get(seq);
  }

  /** Sequence numbers in a lane, growing. */
  in(lane: number): number[] {
    return [...(this.lanes.get(lane)?.keys() ?? [])];
  }

  add(batch: Writes, lane: number, seq: number, replay: Replay): void {
    batch.put(replayedKey(lane, seq), Buffer.from(JSON.stringify(replay)));
    this.note(lane, seq, replay);
  }

  private note(lane: number, seq: number, replay: Replay): void {
    const inLane = this.lanes.get(lane);
    if (inLane) inLane.set(seq, replay);
    else this.lanes.set(lane, new Map([[seq, replay]]));
    this.count += 1;
  }

  /** True when a lane holds one at or below `through`. */
  hasUpTo(lane: number, through: number): boolean {
    for (const seq of this.lanes.get(lane)?.keys() ?? []) return seq <= through;
    return false;
  }

  /** Takes out what is settled with a lane up to `through`. */
  settle(batch: Writes, lane: number, through: number): { seq: number; replay: Replay }[] {
    const inLane = this.lanes.get(lane);
    const settled: { seq: number; replay: Replay }[] = [];
    for (const [seq, replay] of inLane ?? []) {
      if (seq > through) break;
      batch.del(replayedKey(lane, seq));
      settled.push({ seq, replay });
    }
    for (const { seq } of settled) inLane!.delete(seq);
    this.count -= settled.length;
    return settled;
  }

  /** At opening: a power loss may have kept rows of what the manifest knows to be settled. */
  async removeSettled(db: Rows, lanes: readonly Readonly<LaneMarks>[]): Promise<void> {
    for (const [lane, { low }] of lanes.entries()) {
      if (this.settle({ put: () => undefined, del: () => undefined }, lane, low - 1).length === 0) continue;
      await db.clear({ gte: replayedKey(lane, 0), lt: replayedKey(lane, low) });
    }
  }
}
