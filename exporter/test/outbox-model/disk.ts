import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Manifest } from '../../src/outbox/manifest';
import type { Store } from '../../src/outbox/store';
import { storePaths } from '../../src/outbox/store';

/** Where the store may be caught in the middle of a write. */
export type Point = 'start' | 'begun' | 'written' | 'noted' | 'syncing' | 'clear-begun' | 'cleared';

/** What a disk does to a write: refuse it, do it and say no, or fail after the batch, at the manifest. */
export type WriteFault = 'refused' | 'written' | 'note' | 'clear';

/** What is left of what was not synced: from nothing (0) to everything (1), the rest gone, zeros or with a hole. */
export interface Loss {
  readonly kept: number;
  readonly rest: 'gone' | 'zeros' | 'hole';
  /** For each slot of the manifest: as last synced, as last written, or the beginning of one over the other. */
  readonly slots: readonly ('synced' | 'written' | 'torn')[];
}

export interface Write {
  readonly sync: boolean;
}

interface Chained {
  write(options?: { sync?: boolean }): Promise<void>;
}

const slotBytes = 16 * 1024;
/** Less than a disk's, as a store of few lanes has a short document: in one of many lanes it spans sectors. */
const sectorBytes = 64;

/**
 * The disk below one open store: knows which bytes were synced, fails when told to, and can be copied at any moment as
 * a kill or a power loss would leave it.
 */
export class Disk {
  readonly writes: Write[] = [];
  fault: WriteFault | undefined;
  /** Called, synchronously, when the store comes by a point. */
  at: ((point: Point) => void) | undefined;
  private readonly synced = new Map<string, number>();
  private manifestSynced: Buffer;
  private syncedUpdate: number;
  private readonly paths: ReturnType<typeof storePaths>;

  constructor(dir: string, { db, manifest }: Store) {
    this.paths = storePaths(dir);
    this.manifestSynced = readFileSync(this.paths.manifest);
    this.syncedUpdate = manifest.current.update;
    // A new store is synced as it is; of one that was there, LevelDB syncs what it recovered, and not its new log.
    if (manifest.current.generation === 1) this.noteSynced();

    const batch = db.batch.bind(db) as () => Chained;
    Reflect.set(db, 'batch', () => this.wrap(batch()));
    const put = db.put.bind(db);
    Reflect.set(db, 'put', async (...given: Parameters<typeof put>) => {
      if (this.fault) throw new Error('no space left on device');
      await put(...given);
      this.noteSynced();
    });
    const clear = db.clear.bind(db);
    Reflect.set(db, 'clear', async (...given: Parameters<typeof clear>) => {
      if (this.fault) throw new Error('no space left on device');
      const done = clear(...given);
      this.at?.('clear-begun');
      await done;
      this.at?.('cleared');
    });
    const note = manifest.note.bind(manifest);
    manifest.note = (...given) => {
      if (this.fault === 'note') throw new Error('input/output error');
      note(...given);
      this.at?.('noted');
    };
    const sync = manifest.sync.bind(manifest);
    manifest.sync = async () => {
      if (this.fault) throw new Error('input/output error');
      const done = sync();
      const image = readFileSync(this.paths.manifest);
      this.at?.('syncing');
      const { update } = manifest.current;
      await done;
      this.manifestSynced = image;
      this.syncedUpdate = update;
    };
  }

  private wrap(batch: Chained): Chained {
    const write = batch.write.bind(batch);
    batch.write = async (options) => {
      this.at?.('start');
      if (this.fault === 'refused') throw new Error('no space left on device');
      const done = write(options);
      this.at?.('begun');
      await done;
      this.writes.push({ sync: options?.sync === true });
      if (options?.sync) this.noteSynced();
      this.at?.('written');
      if (this.fault === 'written') throw new Error('input/output error');
    };
    return batch;
  }

  private noteSynced(): void {
    for (const name of logsOf(this.paths.level)) {
      this.synced.set(name, statSync(join(this.paths.level, name)).size);
    }
  }

  /** The directory as a kill -9 at this moment would leave it. */
  killed(target: string): void {
    copyStore(this.paths, target);
  }

  /** The directory as a power loss at this moment might leave it. */
  unplugged(target: string, loss: Loss): void {
    copyStore(this.paths, target);
    const { level, manifest } = storePaths(target);
    for (const name of logsOf(level)) lose(join(level, name), this.synced.get(name) ?? 0, loss);
    writeFileSync(manifest, this.mixed(readFileSync(manifest), loss.slots));
    // Whatever is torn, what the last sync brought to the disk is still there to be read.
    expect(Manifest.read(manifest).update).toBeGreaterThanOrEqual(this.syncedUpdate);
  }

  private mixed(written: Buffer, slots: Loss['slots']): Buffer {
    const image = Buffer.from(written);
    slots.forEach((slot, i) => {
      const before = this.manifestSynced.subarray(i * slotBytes, (i + 1) * slotBytes);
      if (slot === 'synced') image.set(before, i * slotBytes);
      // The first sector is new and the rest is not.
      else if (slot === 'torn') image.set(before.subarray(sectorBytes), i * slotBytes + sectorBytes);
    });
    return image;
  }
}

/** Copies a store without its writer's help. Main's own writes can't come between; LevelDB's may, so it looks twice. */
export function copyStore(from: ReturnType<typeof storePaths>, target: string): void {
  const to = storePaths(target);
  for (;;) {
    mkdirSync(to.level, { recursive: true });
    if (existsSync(from.manifest)) copyFileSync(from.manifest, to.manifest);
    const before = listing(from.level);
    try {
      for (const name of before.names) copyFileSync(join(from.level, name), join(to.level, name));
      if (listing(from.level).text === before.text) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    rmSync(target, { recursive: true });
  }
}

function listing(level: string): { names: string[]; text: string } {
  const names = readdirSync(level).filter((name) => !/^(LOCK|LOG(\.old)?)$/.test(name));
  return { names, text: `${names.join(' ')} ${readFileSync(join(level, 'CURRENT'), 'latin1')}` };
}

function logsOf(level: string): string[] {
  return readdirSync(level).filter((name) => name.endsWith('.log'));
}

function lose(file: string, synced: number, { kept, rest }: Loss): void {
  const { size } = statSync(file);
  const end = synced + Math.floor(kept * Math.max(0, size - synced));
  if (end >= size) return;
  if (rest === 'gone') return truncateSync(file, end);
  const bytes = readFileSync(file);
  // A hole: what came last reached the disk, what came before it did not.
  if (rest === 'hole') bytes.fill(0, synced, Math.max(synced, size - Math.floor(kept * (size - synced))));
  else bytes.fill(0, end);
  writeFileSync(file, bytes);
}
