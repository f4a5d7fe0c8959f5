import { statfs } from 'node:fs/promises';

export type DiskLevel = 'ok' | 'low' | 'full';

const gibibyte = 2 ** 30;
const everyMs = 1_000;

/**
 * `full` below the floor (appends are then refused), `low` below twice the floor. The floor is absolute on large
 * disks: a percentage of a disk that others fill says nothing. Bytes.
 */
export function judgeSpace(freeBytes: number, sizeBytes: number): DiskLevel {
  const floorBytes = Math.min(gibibyte, 0.05 * sizeBytes);
  return freeBytes < floorBytes ? 'full' : freeBytes < 2 * floorBytes ? 'low' : 'ok';
}

/** Free space of the volume that holds a directory, read once a second. */
export class DiskWatch {
  freeBytes = 0;
  sizeBytes = 0;
  level: DiskLevel = 'ok';
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly directory: string,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Never rejects; keeps the figures from before when it fails. */
  async read(): Promise<void> {
    try {
      const { bavail, blocks, bsize } = await statfs(this.directory);
      this.freeBytes = bavail * bsize;
      this.sizeBytes = blocks * bsize;
      this.level = judgeSpace(this.freeBytes, this.sizeBytes);
    } catch (error) {
      this.failed(error);
    }
  }

  start(): void {
    this.timer ??= setInterval(() => void this.read(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
