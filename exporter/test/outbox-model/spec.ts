import type { AppendOutcome, Event } from '../../src/event';
import { laneOf } from '../../src/outbox/keys';

/** One stored revision of an event, as it must come out again. */
export interface Item {
  readonly id: string;
  readonly source: string;
  readonly key: string;
  readonly payload: string;
  readonly synthetic: boolean;
  readonly revision: number;
  /** Bytes of its record. */
  readonly bytes: number;
}

export interface Lane {
  /** Sequence number of the first unsettled one. */
  low: number;
  /** All there ever were; the first has sequence number 1. */
  readonly items: Item[];
}

interface Known {
  /** Undefined once it was discarded: the same one is then taken again. */
  readonly body: string | undefined;
  readonly revision: number;
  /** On the model's clock, in milliseconds. */
  readonly at: number;
  /** How many had been stored before it. */
  readonly ordinal: number;
}

export interface SpecOptions {
  readonly lanes: number;
  readonly windowSeconds: number;
  readonly maxIds: number;
  readonly onConflict: 'upsert' | 'reject';
  readonly quotaBytes: number;
}

/** Length of a record by its layout as record.ts documents it. */
export function recordBytes(event: Event): number {
  const texts = [event.id, event.source, event.type, event.key, event.tenant];
  return 40 + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) + event.payload.length;
}

/** What a store should hold: arrays and maps, no disk. */
export class Spec {
  readonly lanes: Lane[];
  /** By number: the event and the bytes of its row. */
  readonly quarantine = new Map<number, { readonly item: Item; readonly bytes: number }>();
  nextNumber = 1;
  /** `lane:seq` of what came back from quarantine. */
  readonly replays = new Set<string>();
  private readonly known = new Map<string, Known>();
  private stored = 0;

  constructor(
    readonly options: SpecOptions,
    readonly clock: { ms: number },
  ) {
    this.lanes = Array.from({ length: options.lanes + 1 }, () => ({ low: 1, items: [] }));
  }

  clone(): Spec {
    const copy = new Spec(this.options, this.clock);
    this.lanes.forEach(({ low, items }, i) => (copy.lanes[i] = { low, items: [...items] }));
    for (const [number, row] of this.quarantine) copy.quarantine.set(number, row);
    for (const [identity, known] of this.known) copy.known.set(identity, known);
    for (const place of this.replays) copy.replays.add(place);
    copy.nextNumber = this.nextNumber;
    copy.stored = this.stored;
    return copy;
  }

  /** Bytes of unsettled records. */
  bytes(): number {
    let sum = 0;
    for (const { low, items } of this.lanes) for (const { bytes } of items.slice(low - 1)) sum += bytes;
    return sum;
  }

  quarantineBytes(): number {
    let sum = 0;
    for (const { bytes } of this.quarantine.values()) sum += bytes;
    return sum;
  }

  /** What makes the lanes and the quarantine of two stores the same. */
  shape(): string {
    const lanes = this.lanes.map(({ low, items }) => [low, items.length]);
    return JSON.stringify([lanes, [...this.quarantine.keys()].sort((a, b) => a - b)]);
  }

  /** True when it follows from the contract alone what becomes of this event. */
  determinate(event: Event): boolean {
    const known = this.known.get(identityOf(event));
    return known === undefined || this.remembered(known);
  }

  /** Inside the window, and not more stored since than one generation holds. */
  private remembered(known: Known): boolean {
    const { windowSeconds, maxIds } = this.options;
    return this.clock.ms - known.at < windowSeconds * 1000 && this.stored - known.ordinal < maxIds / 2;
  }

  /**
   * Takes events that go into one batch. `actual` is what the store answered: where the contract leaves it open whether
   * an old id is still known, that decides. Returns what the contract demands.
   */
  append(events: readonly Event[], actual?: readonly AppendOutcome[]): AppendOutcome[] {
    const fresh = new Set<string>();
    return events.map((event, i) => {
      const identity = identityOf(event);
      const body = bodyOf(event);
      const known = this.known.get(identity);
      const surely = known !== undefined && (fresh.has(identity) || this.remembered(known));
      const told = actual?.[i];
      const forgotten = known !== undefined && !surely && told?.status === 'accepted' && told.revision === 1;
      const before = forgotten ? undefined : known;
      if (before?.body === body) return { status: 'duplicate', revision: before.revision };
      if (before && this.options.onConflict === 'reject') {
        return { status: 'conflict', revision: before.revision };
      }
      const revision = (before?.revision ?? 0) + 1;
      const synthetic = event.traffic === 'synthetic';
      const lane = this.lane({ key: event.key, synthetic });
      const seq = this.lanes[lane]!.items.push({
        id: event.id,
        source: event.source,
        key: event.key,
        payload: event.payload.toString(),
        synthetic,
        revision,
        bytes: recordBytes(event),
      });
      fresh.add(identity);
      this.known.set(identity, { body, revision, at: this.clock.ms, ordinal: (this.stored += 1) });
      return { status: before ? 'updated' : 'accepted', revision, lane, seq };
    });
  }

  /** Equal keys share a lane, and synthetic events have the last one to themselves. */
  private lane({ key, synthetic }: { key: string; synthetic: boolean }): number {
    const last = this.lanes.length - 1;
    return synthetic ? last : laneOf({ key, traffic: 'real' }, this.lanes.length);
  }

  settle(lane: number, count: number): void {
    this.lanes[lane]!.low += count;
  }

  setAside(item: Item, bytes: number): void {
    this.quarantine.set(this.nextNumber, { item, bytes });
    this.nextNumber += 1;
  }

  /**
   * Replays or discards these in one go. A replay that a later revision has overtaken stays; what was discarded is
   * forgotten, but for its revision. As with `append`, `actual` decides where the contract leaves it open.
   */
  takeOut(numbers: readonly number[], replay: boolean, actual?: readonly string[]): string[] {
    const before = new Map(this.known);
    return numbers.map((number, i) => {
      const row = this.quarantine.get(number);
      if (!row) return 'not_in_quarantine';
      const { item } = row;
      const known = before.get(identityOf(item));
      if (replay && known && known.revision > item.revision) {
        if (this.remembered(known) || actual?.[i] !== 'done') return 'superseded';
      }
      this.quarantine.delete(number);
      if (replay) {
        const lane = this.lane(item);
        this.replays.add(`${lane}:${this.lanes[lane]!.items.push(item)}`);
      } else if (known?.revision === item.revision) {
        if (item.revision === 1) this.known.delete(identityOf(item));
        else this.known.set(identityOf(item), { ...known, body: undefined });
      }
      return 'done';
    });
  }

  /** True when it follows from the contract alone whether these are overtaken. */
  foreseeable(numbers: readonly number[]): boolean {
    return numbers.every((number) => {
      const row = this.quarantine.get(number);
      const known = row && this.known.get(identityOf(row.item));
      return known === undefined || this.remembered(known);
    });
  }
}

function identityOf({ source, id }: { readonly source: string; readonly id: string }): string {
  return JSON.stringify([source, id]);
}

function bodyOf({ source, key, payload, type, timestamp }: Event): string {
  return JSON.stringify([source, type, key, timestamp, payload.toString()]);
}
