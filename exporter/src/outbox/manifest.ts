import { closeSync, constants, fsync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { StoreError } from '../errors';
import { seal, unseal } from './sealed';
import type { LaneMarks } from './state';

const fsyncAsync = promisify(fsync);
const slotBytes = 16 * 1024;

/** What the manifest says; see DESIGN of the outbox in docs/architecture.md. */
export interface ManifestContent {
  readonly version: 1;
  readonly storeId: string;
  /** Grows by one at each opening for writing. */
  readonly generation: number;
  /** Grows by one at each write; the slot with the larger one holds. */
  readonly update: number;
  /** True only between a clean close and the next opening. */
  readonly clean: boolean;
  /** `[low, high]` of each lane, the synthetic lane last. */
  readonly lanes: readonly (readonly [number, number])[];
}

/**
 * A small file of our own beside the LevelDB store. LevelDB can lose the end of its log, a table or all of its
 * content and still open without an error; the manifest remembers how far each lane had been acknowledged, so that
 * such a loss is refused instead of hidden. Two slots are written in turn: a torn write leaves the other one whole.
 */
export class Manifest {
  private dirty = false;
  private syncing: Promise<void> | undefined;

  private constructor(
    private readonly fd: number,
    private content: ManifestContent,
  ) {}

  /** Creates the file for a new store. */
  static create(path: string, storeId: string, lanes: readonly LaneMarks[]): Manifest {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    // Both slots get their disk space now: a later update never needs any.
    writeSync(fd, Buffer.alloc(2 * slotBytes, ' '), 0, 2 * slotBytes, 0);
    const manifest = new Manifest(fd, {
      version: 1,
      storeId,
      generation: 1,
      update: 0,
      clean: false,
      lanes: pairs(lanes),
    });
    manifest.write(lanes, false);
    fsyncSync(fd);
    return manifest;
  }

  /** Opens the file of an existing store; `content` is what the last writer left. */
  static open(path: string): Manifest {
    const fd = openSync(path, constants.O_RDWR);
    try {
      return new Manifest(fd, readContent(fd, path));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Reads without opening for writing. */
  static read(path: string): ManifestContent {
    const fd = openSync(path, constants.O_RDONLY);
    try {
      return readContent(fd, path);
    } finally {
      closeSync(fd);
    }
  }

  get current(): ManifestContent {
    return this.content;
  }

  /** Marks the store as open, not clean, under the next generation; durable when it returns. */
  begin(lanes: readonly LaneMarks[]): void {
    this.content = { ...this.content, generation: this.content.generation + 1 };
    this.write(lanes, false);
    fsyncSync(this.fd);
    this.dirty = false;
  }

  /**
   * Notes how far the lanes have come. Called after the store's own synced write, so the manifest is never ahead of
   * the store. It reaches the page cache at once (a killed process loses nothing) and the disk at the next `sync`.
   */
  note(lanes: readonly LaneMarks[]): void {
    this.write(lanes, false);
    this.dirty = true;
  }

  /** Brings the notes to the disk. */
  async sync(): Promise<void> {
    // A slow disk must not gather syncs: the next call brings what this one did not.
    if (!this.dirty || this.syncing) return;
    this.dirty = false;
    this.syncing = fsyncAsync(this.fd);
    try {
      await this.syncing;
    } finally {
      this.syncing = undefined;
    }
  }

  /** Closes; with `clean` the marker says that nothing was cut short. */
  async close(lanes: readonly LaneMarks[], clean: boolean): Promise<void> {
    await this.syncing?.catch(() => undefined);
    if (clean) {
      this.write(lanes, true);
      fsyncSync(this.fd);
    }
    closeSync(this.fd);
  }

  private write(lanes: readonly LaneMarks[], clean: boolean): void {
    const update = this.content.update + 1;
    this.content = { ...this.content, update, clean, lanes: pairs(lanes) };
    const bytes = seal(this.content);
    if (bytes.length > slotBytes) throw new RangeError('the manifest does not fit its slot: too many lanes');
    writeSync(this.fd, bytes, 0, bytes.length, (update % 2) * slotBytes);
  }
}

function pairs(lanes: readonly LaneMarks[]): [number, number][] {
  return lanes.map(({ low, high }) => [low, high]);
}

function readContent(fd: number, path: string): ManifestContent {
  const file = Buffer.alloc(2 * slotBytes);
  const length = readSync(fd, file, 0, file.length, 0);
  const slots = [0, 1]
    .map((slot) => unseal(file.subarray(slot * slotBytes, Math.min(length, (slot + 1) * slotBytes))))
    .filter((content): content is ManifestContent => content !== undefined)
    .sort((a, b) => b.update - a.update);
  const newest = slots[0];
  if (!newest) {
    throw new StoreError(
      'manifest_damaged',
      `${path} holds no whole copy of the store's manifest. Nothing was changed. Run \`selfcheer store check\` for a report.`,
    );
  }
  return newest;
}
