import { randomFillSync } from 'node:crypto';
import { renameSync, statSync, unlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from './directory';

const chunkBytes = 2 ** 20;
const leastBytes = 8 * 2 ** 20;

export function ballastPath(dataDir: string): string {
  return join(dataDir, 'ballast');
}

/**
 * Bytes of ballast for a volume: what LevelDB may need to open a store whose log is full (it writes the log's rows into
 * tables before it removes the log), which is about twice its write buffer. At most 1 % of the volume where that is more
 * than 8 MiB, and never more than an eighth of it.
 */
export function ballastFor(configuredBytes: number, volumeBytes: number): number {
  const share = Math.min(Math.max(0.01 * volumeBytes, leastBytes), volumeBytes / 8);
  return Math.floor(Math.min(configuredBytes, share));
}

/** Bytes that LevelDB gathers in memory, and in its log, before it writes a table: less on a small volume. */
export function writeBufferFor(volumeBytes: number): number {
  return Math.floor(Math.min(Math.max(volumeBytes / 256, 2 ** 20), 32 * 2 ** 20));
}

/** Bytes of the ballast that is there; 0 when there is none. */
export function ballastBytes(dataDir: string): number {
  return statSync(ballastPath(dataDir), { throwIfNoEntry: false })?.size ?? 0;
}

/** Gives the ballast's room away. False when there was none; never throws. */
export function releaseBallast(dataDir: string): boolean {
  try {
    unlinkSync(ballastPath(dataDir));
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes the ballast, of bytes that no file system leaves out or makes smaller. It appears under its name when its room is
 * really taken. Rejects with what the file system says, and then leaves nothing.
 */
export async function createBallast(dataDir: string, bytes: number): Promise<void> {
  const making = `${ballastPath(dataDir)}.new`;
  const chunk = Buffer.alloc(Math.min(chunkBytes, bytes));
  const file = await open(making, 'w', 0o600);
  try {
    try {
      for (let at = 0; at < bytes; at += chunk.length) {
        await file.write(randomFillSync(chunk), 0, Math.min(chunk.length, bytes - at), at);
        // Little by little: what is being committed meanwhile must not wait for all of it.
        await file.sync();
      }
    } finally {
      await file.close();
    }
    renameSync(making, ballastPath(dataDir));
    syncDirectory(dataDir);
  } catch (error) {
    dropUnfinished(dataDir);
    throw error;
  }
}

/** What a process that ended while it made the ballast has left. */
export function dropUnfinished(dataDir: string): void {
  try {
    unlinkSync(`${ballastPath(dataDir)}.new`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
