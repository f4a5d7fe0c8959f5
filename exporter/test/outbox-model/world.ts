import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredEvent } from '../../src/event';
import { checkStore } from '../../src/outbox/check';
import { dedupeSpace, parseQuarantineKey, quarantineRange } from '../../src/outbox/keys';
import { Manifest } from '../../src/outbox/manifest';
import type { Committed } from '../../src/outbox/committer';
import { Outbox } from '../../src/outbox/outbox';
import { Quarantine } from '../../src/outbox/quarantine';
import { QuarantineAudit } from '../../src/outbox/quarantine-audit';
import { OutboxReader, type ReadBatch } from '../../src/outbox/reader';
import { openStore, storePaths, type Store } from '../../src/outbox/store';
import { verify } from '../../src/outbox/verify';
import { copyStore, Disk, type Loss } from './disk';
import { Spec, type Item, type SpecOptions } from './spec';

const everything = Number.MAX_SAFE_INTEGER;

/** One open store and what belongs to it. */
interface Open {
  readonly store: Store;
  readonly disk: Disk;
  readonly outbox: Outbox;
  readonly quarantine: Quarantine;
  readonly audit: QuarantineAudit;
  readonly reader: OutboxReader;
  readonly fences: Error[];
  readonly committed: Committed[];
  readonly keepHouse: () => void;
}

/** A real store and the specification that it is held against. */
export class World {
  private number = 0;
  private dir: string;
  private open!: Open;
  /** What the store may be after a power loss: as of the last synced batch, and after each batch since. */
  private since: Spec[];

  private constructor(
    private readonly root: string,
    readonly clock: { ms: number },
    public spec: Spec,
  ) {
    this.dir = join(root, '0');
    this.since = [spec.clone()];
  }

  static async create(root: string, clock: { ms: number }, options: SpecOptions): Promise<World> {
    const world = new World(root, clock, new Spec(options, clock));
    await world.start();
    return world;
  }

  get outbox(): Outbox {
    return this.open.outbox;
  }
  get quarantine(): Quarantine {
    return this.open.quarantine;
  }
  get disk(): Disk {
    return this.open.disk;
  }

  private async start(): Promise<void> {
    const { lanes, windowSeconds, maxIds, onConflict, quotaBytes } = this.spec.options;
    const store = await openStore(this.dir, lanes);
    const disk = new Disk(this.dir, store);
    const fences: Error[] = [];
    const committed: Committed[] = [];
    const options = { dedupe: { windowSeconds, maxIds, onConflict }, quotaBytes, queueBytes: 2 ** 26 };
    // The outbox keeps house when the model says so, not when a second has passed.
    let keepHouse = (): void => undefined;
    const real = setInterval;
    const timers = jest.spyOn(global, 'setInterval').mockImplementation((work: () => void) => {
      keepHouse = work;
      return real(() => undefined, 2 ** 30);
    });
    const outbox = new Outbox(store, options, {
      committed: (marks) => void committed.push(...marks),
      fenced: (error) => void fences.push(error),
    });
    timers.mockRestore();
    const audit = new QuarantineAudit(this.dir);
    const quarantine = new Quarantine(store, outbox, audit, () => undefined);
    const reader = await OutboxReader.open(storePaths(this.dir).level);
    this.open = { store, disk, outbox, quarantine, audit, reader, fences, committed, keepHouse };
  }

  private async closeReaders(): Promise<void> {
    await this.open.reader.close();
    await this.open.audit.close();
  }

  private async stop(): Promise<void> {
    await this.closeReaders();
    await this.open.outbox.close();
  }

  /** Lets a turn of housekeeping pass. */
  async keepHouse(): Promise<void> {
    this.open.keepHouse();
    await Reflect.get(this.open.store.manifest, 'syncing');
    await this.idle();
  }

  /** Until nothing is being written any more. */
  async idle(): Promise<void> {
    await Reflect.get(this.outbox, 'running');
    await Reflect.get(Reflect.get(this.outbox, 'sweeper') as object, 'running');
    await Reflect.get(Reflect.get(this.outbox, 'dedupe') as object, 'dropping');
  }

  /** Pretends that enough settled rows have gathered: the next batch is followed by a sweep. */
  sweepSoon(): void {
    Reflect.set(Reflect.get(this.outbox, 'sweeper') as object, 'rows', 2_000);
  }

  /** What a relay reads of a lane: `count` events from the first unsettled one on. */
  async read(lane: number, count: number, maxBytes = everything): Promise<ReadBatch> {
    const { low, high } = this.outbox.lanes[lane]!;
    return this.open.reader.read(lane, low - 1, high, count, maxBytes);
  }

  /** The operation is over and the specification took it: notes what a power loss may undo, and compares. */
  settled(): void {
    const writes = this.disk.writes.splice(0);
    if (writes.some(({ sync }) => sync)) this.since = [];
    if (writes.length > 0) this.since.push(this.spec.clone());
    const { store, committed } = this.open;
    const marks = this.spec.lanes.map(({ low, items }) => ({ low, high: items.length }));
    expect(this.outbox.lanes).toEqual(marks);
    const noted = Manifest.read(storePaths(this.dir).manifest).lanes;
    expect(noted).toEqual(marks.map(({ low, high }) => [low, high]));
    for (const { lane, high } of committed.splice(0)) expect(high).toBeLessThanOrEqual(marks[lane]!.high);
    const bytes = this.spec.bytes();
    expect(this.outbox.figures()).toMatchObject({
      outboxBytes: bytes,
      heldBytes: bytes + this.spec.quarantineBytes(),
      outboxRecords: marks.reduce((sum, { low, high }) => sum + high - low + 1, 0),
      quarantined: this.spec.quarantine.size,
      commitQueueBytes: 0,
      fencedBy: undefined,
    });
    expect(store.state.dedupe.generations.length).toBeLessThanOrEqual(2);
  }

  /** Everything in the store, read back. */
  async compare(): Promise<void> {
    const { store, reader } = this.open;
    for (const [lane, { low, items }] of this.spec.lanes.entries()) {
      const { events, bytes } = await reader.read(lane, low - 1, everything, 100_000, everything);
      const found = events.map((event) => ({ seq: event.seq, ...itemOf(event) }));
      expect(found).toEqual(
        items.slice(low - 1).map(({ bytes: _, ...item }, i) => ({ seq: low + i, ...item })),
      );
      expect(bytes).toBe(items.slice(low - 1).reduce((sum, item) => sum + item.bytes, 0));
    }
    const { items: rows } = await this.quarantine.list({ before: Infinity, limit: 1_000 });
    expect(rows.map(({ number, event }) => ({ number, ...itemOf(event) })).reverse()).toEqual(
      [...this.spec.quarantine].map(
        ([
          number,
          {
            item: { bytes: _, ...item },
          },
        ]) => ({ number, ...item }),
      ),
    );
    const { problems, records, bytes } = await verify(store.db, store.state, store.manifest.current);
    expect(problems).toEqual([]);
    const { outboxRecords, outboxBytes } = this.outbox.figures();
    expect([outboxRecords, outboxBytes]).toEqual([records, bytes]);
    await this.compareDedupe();
  }

  private async compareDedupe(): Promise<void> {
    const { db, state } = this.open.store;
    const generations = new Set<number>();
    for await (const key of db.keys(dedupeSpace)) generations.add(key.readUInt32BE(1));
    for (const { id } of state.dedupe.generations) generations.delete(id);
    // Nothing is left of what was dropped: it would stay for ever.
    expect([...generations]).toEqual([]);
  }

  /** Bytes of the rows in quarantine, by number. */
  private async quarantineRows(): Promise<Map<number, number>> {
    const rows = new Map<number, number>();
    for await (const [key, row] of this.open.store.db.iterator(quarantineRange)) {
      rows.set(parseQuarantineKey(key), row.length);
    }
    return rows;
  }

  /** Closes and opens again. */
  async reopen(): Promise<void> {
    await this.stop();
    expect(await checkStore(this.dir)).toMatchObject({
      ok: true,
      clean: true,
      quarantined: this.spec.quarantine.size,
    });
    await this.start();
    this.since = [this.spec.clone()];
    this.settled();
    await this.idle();
    await this.compare();
  }

  /** After a fault: nothing is accepted, then the store is opened anew and must be one of these. */
  async recover(candidates: readonly Spec[]): Promise<void> {
    const { fences, outbox } = this.open;
    expect(fences).toHaveLength(1);
    expect(fences[0]).toMatchObject({ code: 'store_fenced', retriable: true });
    expect(outbox.figures().commitQueueBytes).toBe(0);
    this.disk.fault = undefined;
    await this.closeReaders();
    await outbox.close();
    await this.adopt(candidates);
  }

  isFenced(): boolean {
    return this.open.fences.length > 0;
  }

  /** The disk fails as the store is closed: it says so, and nothing is missing afterwards. */
  async failToClose(): Promise<void> {
    await this.closeReaders();
    this.disk.fault = 'refused';
    await expect(this.outbox.close()).rejects.toThrow('no space left');
    await this.adopt(this.candidates(false));
  }

  /** A kill, and another one while the next process opens what the first has left. */
  async crashAtOpening(turns: number): Promise<void> {
    const first = this.image(undefined);
    const opening = openStore(first, this.spec.options.lanes);
    for (let turn = 0; turn < turns; turn++) await new Promise((done) => setImmediate(done));
    this.number += 1;
    const second = join(this.root, String(this.number));
    copyStore(storePaths(first), second);
    const { db, manifest } = await opening;
    await manifest.close();
    await db.close();
    rmSync(first, { recursive: true });
    await this.resume(second, this.candidates(false));
  }

  /** The bytes of a kill at this moment; `resume` goes on with them. */
  image(loss: Loss | undefined): string {
    this.number += 1;
    const target = join(this.root, String(this.number));
    if (loss) this.disk.unplugged(target, loss);
    else this.disk.killed(target);
    return target;
  }

  /** Leaves the store to itself and goes on with its image, which must be one of these. */
  async resume(image: string, candidates: readonly Spec[]): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true });
    this.dir = image;
    await this.adopt(candidates);
  }

  /** What a crash now may leave: with a power loss everything since the last synced batch. */
  candidates(power: boolean): Spec[] {
    return power ? [...this.since] : this.since.slice(-1);
  }

  private async adopt(candidates: readonly Spec[]): Promise<void> {
    const noted = Manifest.read(storePaths(this.dir).manifest).lanes;
    await this.start();
    const found = this.shape([...(await this.quarantineRows()).keys()]);
    const matching = candidates.find((candidate) => {
      // The manifest may know of settlements that the store has lost, and is believed.
      const settled = candidate.clone();
      settled.lanes.forEach((lane, i) => (lane.low = Math.max(lane.low, noted[i]![0])));
      this.spec = settled;
      return settled.shape() === found;
    });
    if (!matching) {
      throw new Error(
        `the store is ${found}, which is none of ${candidates.map((one) => one.shape()).join(' or ')}`,
      );
    }
    await this.learnQuarantine();
    this.since = [this.spec.clone()];
    this.settled();
    await this.idle();
    await this.compare();
  }

  /** How long a row of quarantine is depends on the moment it was written: taken from the store, once. */
  async learnQuarantine(): Promise<void> {
    const rows = await this.quarantineRows();
    for (const [number, { item, bytes }] of this.spec.quarantine) {
      const found = rows.get(number) ?? 0;
      expect(found).toBeGreaterThan(item.bytes);
      if (bytes === 0) this.spec.quarantine.set(number, { item, bytes: found });
      else expect(found).toBe(bytes);
    }
  }

  private shape(numbers: readonly number[]): string {
    const { state } = this.open.store;
    return JSON.stringify([state.lanes.map(({ low, high }) => [low, high]), numbers]);
  }

  async end(): Promise<void> {
    this.disk.fault = undefined;
    this.disk.at = undefined;
    await this.stop();
  }
}

function itemOf({ id, source, key, payload, traffic, revision }: StoredEvent): Omit<Item, 'bytes'> {
  return { id, source, key, payload: payload.toString(), synthetic: traffic === 'synthetic', revision };
}
