import { closeSync, constants, fsync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { StoreError } from '../errors';
import { syncDirectory } from './directory';
import { seal, unseal } from './sealed';
import type { LaneMarks, StoreState } from './state';

const fsyncAsync = promisify(fsync);
const slotBytes = 16 * 1024;
/** Two checkpoints, and the running notes. */
const slotCount = 3;
const notesSlot = 2;

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
  /** Number that the next quarantined event gets. Absent in older files. */
  readonly quarantineNext?: number;
}

/** What the manifest remembers of a store's state. */
export type Remembrance = Pick<StoreState, 'lanes' | 'quarantine'>;

/**
 * A small file of our own beside the LevelDB store. LevelDB can lose the end of its log, a table or all of its
 * content and still open without an error; the manifest remembers how far each lane had been acknowledged, so that
 * such a loss is refused instead of hidden.
 *
 * Three slots, of which the newest whole one holds. Notes go into one of them, after every batch and unsynced: a killed
 * process loses nothing of it. Two are checkpoints: one of them is written just before each sync, in turn. Whatever pages
 * a power loss tears, the checkpoint of the last sync that was completed is not among them.
 */
export class Manifest {
  private dirty = false;
  private syncing: Promise<void> | undefined;

  private constructor(
    private readonly fd: number,
    private content: ManifestContent,
    /** The checkpoint that is written next: never the newest whole one. */
    private nextCheckpoint: number,
  ) {}

  /**
   * Creates the file for a new store. It appears under its name only when it is whole and durable: a start that is cut
   * short leaves none, and a store without rows and without a manifest is completed by the next one.
   */
  static create(path: string, storeId: string, lanes: readonly LaneMarks[], quarantineNext = 1): Manifest {
    const temporary = `${path}.new`;
    const fd = openSync(temporary, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
    try {
      // Every slot gets its disk space now: a later update never needs any.
      writeSync(fd, Buffer.alloc(slotCount * slotBytes, ' '), 0, slotCount * slotBytes, 0);
      const content = { version: 1, storeId, generation: 1, update: 1, clean: false } as const;
      const manifest = new Manifest(fd, { ...content, lanes: pairs(lanes), quarantineNext }, 0);
      manifest.checkpoint();
      fsyncSync(fd);
      renameSync(temporary, path);
      syncDirectory(dirname(path));
      return manifest;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Opens the file of an existing store; `content` is what the last writer left. */
  static open(path: string): Manifest {
    const fd = openSync(path, constants.O_RDWR);
    try {
      const { newest, checkpoint } = readSlots(fd, path);
      return new Manifest(fd, newest, 1 - checkpoint);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Reads without opening for writing. */
  static read(path: string): ManifestContent {
    const fd = openSync(path, constants.O_RDONLY);
    try {
      return readSlots(fd, path).newest;
    } finally {
      closeSync(fd);
    }
  }

  get current(): ManifestContent {
    return this.content;
  }

  /** Marks the store as open, not clean, under the next generation; durable when it returns. */
  begin(state: Remembrance): void {
    this.content = { ...this.content, generation: this.content.generation + 1 };
    this.remember(state.lanes, state.quarantine.next, false);
    this.checkpoint();
    fsyncSync(this.fd);
    this.dirty = false;
  }

  /**
   * Notes how far the lanes and the quarantine have come. Called after the store's own synced write, so the manifest is
   * never ahead of the store. It reaches the page cache at once (a killed process loses nothing) and the disk at the
   * next `sync`.
   */
  note(lanes: readonly LaneMarks[], quarantineNext = this.content.quarantineNext): void {
    this.remember(lanes, quarantineNext, false);
    this.write(notesSlot);
    this.dirty = true;
  }

  /** Brings the notes to the disk. */
  async sync(): Promise<void> {
    // A slow disk must not gather syncs: the next call brings what this one did not.
    if (!this.dirty || this.syncing) return;
    this.dirty = false;
    this.checkpoint();
    this.syncing = fsyncAsync(this.fd);
    try {
      await this.syncing;
    } finally {
      this.syncing = undefined;
    }
  }

  /** Closes; with a `state` it is marked as clean: nothing was cut short. */
  async close(state?: Remembrance): Promise<void> {
    await this.syncing?.catch(() => undefined);
    try {
      if (!state) return;
      this.remember(state.lanes, state.quarantine.next, true);
      this.checkpoint();
      fsyncSync(this.fd);
    } finally {
      closeSync(this.fd);
    }
  }

  private remember(lanes: readonly LaneMarks[], quarantineNext: number | undefined, clean: boolean): void {
    const { update } = this.content;
    const quarantine = quarantineNext === undefined ? {} : { quarantineNext };
    this.content = { ...this.content, update: update + 1, clean, lanes: pairs(lanes), ...quarantine };
  }

  private checkpoint(): void {
    this.write(this.nextCheckpoint);
    this.nextCheckpoint = 1 - this.nextCheckpoint;
  }

  private write(slot: number): void {
    const bytes = seal(this.content);
    if (bytes.length > slotBytes) throw new RangeError('the manifest does not fit its slot: too many lanes');
    writeSync(this.fd, bytes, 0, bytes.length, slot * slotBytes);
  }
}

function pairs(lanes: readonly LaneMarks[]): [number, number][] {
  return lanes.map(({ low, high }) => [low, high]);
}

/** The newest whole content, and the number of the newest whole checkpoint. */
function readSlots(fd: number, path: string): { newest: ManifestContent; checkpoint: number } {
  const file = Buffer.alloc(slotCount * slotBytes);
  const length = readSync(fd, file, 0, file.length, 0);
  const slots = Array.from({ length: slotCount }, (_, slot) => {
    const bytes = file.subarray(slot * slotBytes, Math.min(length, (slot + 1) * slotBytes));
    return { slot, content: unseal(bytes) as ManifestContent | undefined };
  })
    .filter((one): one is { slot: number; content: ManifestContent } => one.content !== undefined)
    .sort((a, b) => b.content.update - a.content.update);
  const newest = slots[0]?.content;
  if (!newest) {
    throw new StoreError(
      'manifest_damaged',
      `${path} holds no whole copy of the store's manifest. Nothing was changed. Run \`selfcheer store check\` for a report.`,
    );
  }
  return { newest, checkpoint: slots.find(({ slot }) => slot !== notesSlot)?.slot ?? 1 };
}
