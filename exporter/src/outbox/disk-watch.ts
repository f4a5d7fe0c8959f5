import { statfs } from 'node:fs/promises';
import { ballastBytes, ballastFor, createBallast, dropUnfinished, releaseBallast } from './ballast';

export type DiskLevel = 'ok' | 'low' | 'full';

const gibibyte = 2 ** 30;
const everyMs = 1_000;
/** Better only when there is this much more room than made it worse, or it would flap at the edge. */
const margin = 1.1;
/** The ballast comes back when there has been enough room for as long. */
const roomyMs = 30_000;

/** Free bytes that are kept. Absolute on large disks: a percentage of a disk that others fill says nothing. */
export function floorOf(sizeBytes: number): number {
  return Math.min(gibibyte, 0.05 * sizeBytes);
}

/** `full` below the floor (appends are then refused), `low` below twice the floor; a tenth more to get better. Bytes. */
export function judgeSpace(freeBytes: number, sizeBytes: number, before: DiskLevel = 'ok'): DiskLevel {
  const floorBytes = floorOf(sizeBytes);
  const full = before === 'full' ? margin * floorBytes : floorBytes;
  const low = before === 'ok' ? 2 * floorBytes : 2 * margin * floorBytes;
  return freeBytes < full ? 'full' : freeBytes < low ? 'low' : 'ok';
}

export interface DiskWatchOptions {
  /** Bytes of ballast that are wanted on a disk large enough; 0 for none. */
  readonly ballastBytes: number;
  readonly failed: (
    error: unknown,
    what: 'free space can not be read' | 'the ballast can not be made',
  ) => void;
  readonly note: (what: 'the ballast was released' | 'the ballast is there again') => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Free space of the volume that holds a directory, read once a second, and the ballast there: a file that is given away
 * when room runs out, so that the store can be opened and drained, and made again when there has been room for a while.
 * Whoever finds no room first gives it away: this one, or an opening of the store (`releaseBallast`).
 */
export class DiskWatch {
  /** Without the room that the ballast will take again. */
  freeBytes = 0;
  sizeBytes = 0;
  level: DiskLevel = 'ok';
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private roomySince: number | undefined;
  private hadBallast = false;

  constructor(
    private readonly directory: string,
    private readonly options: DiskWatchOptions,
  ) {}

  /** Never rejects; keeps the figures from before when it fails. */
  read(): Promise<void> {
    return (this.reading ??= this.look().finally(() => (this.reading = undefined)));
  }

  private async look(): Promise<void> {
    try {
      const { bavail, blocks, bsize } = await statfs(this.directory);
      const free = bavail * bsize;
      this.sizeBytes = blocks * bsize;
      const wanted = ballastFor(this.options.ballastBytes, this.sizeBytes);
      const there = ballastBytes(this.directory);
      this.freeBytes = Math.max(0, free - Math.max(0, wanted - there));
      this.level = judgeSpace(this.freeBytes, this.sizeBytes, this.level);
      if (there === 0 && this.hadBallast) this.lost();
      this.hadBallast = there > 0;
      // Less than this, and what is being written now may be the last.
      if (there > 0 && free < wanted / 4) this.release();
      else await this.restore(wanted, there);
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

  private async restore(wanted: number, there: number): Promise<void> {
    if (there === wanted || wanted === 0 || this.level !== 'ok') {
      this.roomySince = undefined;
      return;
    }
    const now = this.options.now();
    this.roomySince ??= now;
    if (now - this.roomySince >= roomyMs) await this.makeBallast(wanted);
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

  /** Reads the figures for the first time. The ballast is not made yet: a start should not wait for the disk. */
  async begin(): Promise<void> {
    dropUnfinished(this.directory);
    if (this.options.ballastBytes === 0) releaseBallast(this.directory);
    await this.read();
  }

  start(): void {
    this.timer ??= setInterval(() => void this.read(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
