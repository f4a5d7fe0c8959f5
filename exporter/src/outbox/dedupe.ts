import { crc32c } from '@node-rs/crc32';
import type { ClassicLevel } from 'classic-level';
import type { Event } from '../event';
import { dedupeKey, dedupeSlice, dedupeSlices } from './keys';
import type { StoreState } from './state';

/** Where an accepted event was put. */
export interface Place {
  readonly lane: number;
  readonly seq: number;
}

/** What is remembered of an identity: the body that was last accepted under it. */
export interface Remembered {
  readonly bodyHash: Buffer;
  readonly revision: number;
  /** Absent when that event is not in a lane any more, for certain. */
  readonly place?: Place;
}

export interface DedupeOptions {
  readonly windowSeconds: number;
  readonly maxIds: number;
}

type Db = ClassicLevel<Buffer, Buffer>;
type Identified = Pick<Event, 'identity'>;
const entryBytes = 32;
/** No body has this hash. */
const noBody = Buffer.alloc(16);
const checkedBytes = entryBytes - 4;

/**
 * 16 bytes of body hash, u32 revision, u16 lane, u48 sequence number (0: none), CRC32C of all. The place is for a salvage:
 * an event whose row is lost must not be remembered, or it would be taken for known when it is sent again.
 */
export function encodeRemembered(bodyHash: Buffer, revision: number, place?: Place): Buffer {
  const entry = Buffer.allocUnsafe(entryBytes);
  entry.set(bodyHash, 0);
  entry.writeUInt32BE(revision, 16);
  entry.writeUInt16BE(place?.lane ?? 0, 20);
  entry.writeUIntBE(place?.seq ?? 0, 22, 6);
  entry.writeUInt32BE(crc32c(entry.subarray(0, checkedBytes)), checkedBytes);
  return entry;
}

/** A damaged entry counts as unknown: its event may then be published twice, but is never lost. */
export function decodeRemembered(entry: Buffer): Remembered | undefined {
  if (
    entry.length !== entryBytes ||
    crc32c(entry.subarray(0, checkedBytes)) !== entry.readUInt32BE(checkedBytes)
  )
    return undefined;
  const seq = entry.readUIntBE(22, 6);
  return {
    bodyHash: entry.subarray(0, 16),
    revision: entry.readUInt32BE(16),
    ...(seq > 0 && { place: { lane: entry.readUInt16BE(20), seq } }),
  };
}

/**
 * Remembers identities in generations: the newest is written, the newest two are looked up, an older one is removed
 * as a range, in slices, so that no commit waits for it. A generation ends at the window's length or at half of
 * `maxIds`; so what was accepted within the window is known, as long as the ids fit.
 */
export class Dedupe {
  private dropping: Promise<void> = Promise.resolve();
  private closed = false;
  /** What the batch being built leaves of identities that it forgets. */
  private readonly forgotten = new Map<string, Remembered | undefined>();

  constructor(
    private readonly db: Db,
    private readonly state: StoreState,
    private readonly options: DedupeOptions,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Key under which an identity is written now. */
  key(identity: Buffer): Buffer {
    return dedupeKey(this.state.dedupe.generations[0]!.id, identity);
  }

  /** What is remembered of each event's identity, in the order given. */
  async lookup(events: readonly Identified[]): Promise<(Remembered | undefined)[]> {
    const found = await this.stored(events);
    if (this.forgotten.size === 0) return found;
    return found.map((known, i) => {
      const identity = events[i]!.identity.toString('latin1');
      return this.forgotten.has(identity) ? this.forgotten.get(identity) : known;
    });
  }

  private async stored(events: readonly Identified[]): Promise<(Remembered | undefined)[]> {
    const [newest, older] = this.state.dedupe.generations;
    const found = await this.read(newest!.id, events);
    if (!older || older.count === 0) return found;
    const missing: number[] = [];
    for (let i = 0; i < found.length; i++) if (!found[i]) missing.push(i);
    if (missing.length > 0) {
      const rest = await this.read(
        older.id,
        missing.map((i) => events[i]!),
      );
      for (let j = 0; j < missing.length; j++) found[missing[j]!] = rest[j];
    }
    return found;
  }

  private async read(generation: number, events: readonly Identified[]): Promise<(Remembered | undefined)[]> {
    const rows = await this.db.getMany(events.map((event) => dedupeKey(generation, event.identity)));
    return rows.map((row) => row && decodeRemembered(row));
  }

  /** Forgets a body, and the identity, too, unless it has been updated: then the revision stays known. */
  forget(
    batch: { put(key: Buffer, value: Buffer): unknown; del(key: Buffer): unknown },
    identity: Buffer,
    revision: number,
  ): void {
    for (const { id } of this.state.dedupe.generations) batch.del(dedupeKey(id, identity));
    const rest = revision > 1 ? { bodyHash: noBody, revision } : undefined;
    if (rest) batch.put(this.key(identity), encodeRemembered(rest.bodyHash, rest.revision));
    this.forgotten.set(identity.toString('latin1'), rest);
  }

  /** An event that is remembered has another place now: a replay. */
  move(
    batch: { put(key: Buffer, value: Buffer): unknown },
    identity: Buffer,
    { bodyHash, revision }: Remembered,
    place: Place,
  ): void {
    batch.put(this.key(identity), encodeRemembered(bodyHash, revision, place));
  }

  /** The batch with what was forgotten is written: from now on the store itself tells. */
  written(): void {
    if (this.forgotten.size > 0) this.forgotten.clear();
  }

  /** Seconds for which an accepted id is surely known at this moment. */
  windowSeconds(): number {
    const { generations, dropped } = this.state.dedupe;
    if (!dropped) return this.options.windowSeconds;
    const covered = generations.reduce((sum, generation) => sum + generation.ageMs, 0) / 1000;
    return Math.min(this.options.windowSeconds, covered);
  }

  /** Number of identities held. */
  size(): number {
    return this.state.dedupe.generations.reduce((sum, generation) => sum + generation.count, 0);
  }

  /** Adds to the newest generation's age and begins a new one when it is full or old. True when the state changed. */
  age(elapsedMs: number): boolean {
    const { dedupe } = this.state;
    const newest = dedupe.generations[0]!;
    newest.ageMs += elapsedMs;
    const full = newest.count >= this.options.maxIds / 2;
    if (!full && newest.ageMs < this.options.windowSeconds * 1000) return false;
    if (newest.count === 0) {
      newest.ageMs = 0;
      return false;
    }
    dedupe.generations.unshift({ id: newest.id + 1, count: 0, ageMs: 0 });
    for (const old of dedupe.generations.splice(2)) {
      dedupe.dropping.push(old.id);
      dedupe.dropped = true;
    }
    return true;
  }

  /** Removes what is left of dropped generations, in the background. */
  startDropping(): void {
    this.dropping = this.dropping.then(() => this.drop()).catch(this.failed);
  }

  private async drop(): Promise<void> {
    const { dedupe } = this.state;
    for (let id = dedupe.dropping[0]; id !== undefined; id = dedupe.dropping[0]) {
      for (let slice = 0; slice < dedupeSlices; slice++) {
        if (this.closed) return;
        await this.db.clear(dedupeSlice(id, slice));
      }
      dedupe.dropping.shift();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.dropping;
  }
}
