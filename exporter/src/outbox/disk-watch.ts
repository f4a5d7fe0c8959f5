import { statfs } from 'node:fs/promises';
import {
  ballastBytes,
  ballastFor,
  createBallast,
  dropUnfinished,
  releaseBallast,
  reserveFor,
} from './ballast';

export type DiskLevel = 'ok' | 'low' | 'full';

const gibibyte = 2 ** 30;
const everyMs = 1_000;
/** Better only when there is this much more room than made it worse, or it would flap at the edge. */
const margin = 1.1;
/** The ballast comes back when there has been enough room for as long. */
const roomyMs = 30_000;
/** One of so many bytes is made by the start, which then takes no longer than the disk needs for them. */
const atOnceBytes = 16 * 2 ** 20;
/** What is taken in is written to LevelDB's log, and once more to a table. */
const writtenTimes = 2;
/** Space is read again when so much of what was left above the floor may be used up, but not for less than `stepBytes`. */
const stepShare = 0.25;
const stepBytes = 256 * 1024;

/** Free bytes that are kept. Absolute on large disks: a percentage of a disk that others fill says nothing. */
function floorOf(sizeBytes: number): number {
  return Math.max(shareOf(sizeBytes), reserveFor(sizeBytes));
}

function shareOf(sizeBytes: number): number {
  return Math.min(gibibyte, 0.05 * sizeBytes);
}

/**
 * `full` below the floor (appends are then refused), `low` below twice the floor, or half as much again on a disk so
 * small that the floor is what LevelDB needs; a tenth more to get better. Bytes.
 */
export function judgeSpace(freeBytes: number, sizeBytes: number, before: DiskLevel = 'ok'): DiskLevel {
  const floorBytes = floorOf(sizeBytes);
  const lowBytes = Math.max(2 * shareOf(sizeBytes), 1.5 * floorBytes);
  const full = before === 'full' ? margin * floorBytes : floorBytes;
  const low = before === 'ok' ? lowBytes : margin * lowBytes;
  return freeBytes < full ? 'full' : freeBytes < low ? 'low' : 'ok';
}

export interface DiskWatchOptions {
  /** Bytes of ballast that are wanted on a disk large enough; 0 for none. */
  readonly ballastBytes: number;
  readonly failed: (
    error: unknown,
    what: 'free space can not be read' | 'the ballast can not be made',
  ) => void;
  /** Bytes taken into the store since any moment, and how many of those are not written yet. */
  readonly taken: () => { readonly bytes: number; readonly waiting: number };
  readonly note: (what: 'the ballast was released' | 'the ballast is there again') => void;
  /** Told at each reading that finds too little room, if it is enough to make more. */
  readonly short: () => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Free space of the volume that holds a directory, and the ballast there. Space is read once a second, and between two
 * readings what the store has taken in counts as used: a fast producer fills a small disk within a second.
 *
 * The ballast is a file that is given away when room runs out, so that the store can be opened and drained, and made again when there has been room for a while.
 * Whoever finds no room first gives it away: this one, or an opening of the store (`releaseBallast`).
 */
export class DiskWatch {
  /** Without the room that the ballast will take again. */
  freeBytes = 0;
  sizeBytes = 0;
  private judged: DiskLevel = 'ok';
  /** Of `taken`, what was surely written when space was last read. */
  private accounted = 0;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private roomySince: number | undefined;
  private hadBallast = false;

  constructor(
    private readonly directory: string,
    private readonly options: DiskWatchOptions,
  ) {}

  /** As of now. Asked for with every request: cheap. */
  get level(): DiskLevel {
    // Less than accounted for: the store has been opened anew and counts from 0 again.
    const used = writtenTimes * Math.max(0, this.options.taken().bytes - this.accounted);
    if (used > 0 && this.sizeBytes > 0) {
      this.judged = judgeSpace(this.freeBytes - used, this.sizeBytes, this.judged);
      const left = this.freeBytes - floorOf(this.sizeBytes);
      if (used > Math.max(stepBytes, stepShare * left)) void this.read();
    }
    return this.judged;
  }

  /** Never rejects; keeps the figures from before when it fails. */
  read(): Promise<void> {
    return (this.reading ??= this.look(roomyMs).finally(() => (this.reading = undefined)));
  }

  private async look(patienceMs: number): Promise<void> {
    try {
      const { bytes, waiting } = this.options.taken();
      const { bavail, blocks, bsize } = await statfs(this.directory);
      const free = bavail * bsize;
      this.sizeBytes = blocks * bsize;
      this.accounted = bytes - waiting;
      const wanted = ballastFor(this.options.ballastBytes, this.sizeBytes);
      const there = ballastBytes(this.directory);
      this.freeBytes = Math.max(0, free - Math.max(0, wanted - there));
      this.judged = judgeSpace(this.freeBytes, this.sizeBytes, this.judged);
      if (there === 0 && this.hadBallast) this.lost();
      this.hadBallast = there > 0;
      // Less than this, and what is being written now may be the last.
      const tight = free < wanted / 4;
      if (there > 0 && tight) this.release();
      else await this.restore(wanted, there, patienceMs);
      if (this.judged !== 'ok' && !tight) this.options.short();
    } catch (error) {
      this.options.failed(error, 'free space can not be read');
    }
  }

  private release(): void {
    if (releaseBallast(this.directory)) this.lost();
    this.hadBallast = false;
  }

  private lost(): void {
    this.roomySince = undefined;
    this.options.note('the ballast was released');
  }

  private async restore(wanted: number, there: number, patienceMs: number): Promise<void> {
    if (there === wanted || wanted === 0 || this.judged !== 'ok') {
      this.roomySince = undefined;
      return;
    }
    const now = this.options.now();
    this.roomySince ??= now;
    if (now - this.roomySince >= (wanted <= atOnceBytes ? patienceMs : roomyMs))
      await this.makeBallast(wanted);
  }

  private async makeBallast(bytes: number): Promise<void> {
    this.roomySince = undefined;
    try {
      await createBallast(this.directory, bytes);
      this.hadBallast = true;
      this.options.note('the ballast is there again');
    } catch (error) {
      this.options.failed(error, 'the ballast can not be made');
    }
  }

  /** Reads the figures for the first time, before anything is accepted. Only a small ballast is made yet: a start should not wait. */
  async begin(): Promise<void> {
    dropUnfinished(this.directory);
    if (this.options.ballastBytes === 0) releaseBallast(this.directory);
    await this.look(0);
  }

  start(): void {
    this.timer ??= setInterval(() => void this.read(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
