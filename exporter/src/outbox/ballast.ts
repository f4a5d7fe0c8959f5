import { randomFillSync } from 'node:crypto';
import { renameSync, statSync, unlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from './directory';

const mebibyte = 2 ** 20;

export function ballastPath(dataDir: string): string {
  return join(dataDir, 'ballast');
}

/**
 * Bytes that LevelDB may need beside what is there, or it refuses all writes, removals too: a compaction writes the whole
 * of level 1 (10 MiB) and the new tables anew before it removes the old ones (four of a write buffer each start one, and
 * some more come meanwhile); opening does so with the log. Never more than a quarter of the volume.
 */
export function reserveFor(volumeBytes: number): number {
  return Math.min(10 * mebibyte + 8 * writeBufferFor(volumeBytes), volumeBytes / 4);
}

/** Bytes of ballast for a volume: on a small one, what LevelDB may need to open and drain a store. */
export function ballastFor(configuredBytes: number, volumeBytes: number): number {
  return Math.floor(Math.min(configuredBytes, reserveFor(volumeBytes)));
}

/** Bytes that LevelDB gathers in memory, and in its log, before it writes a table: less on a small volume. */
export function writeBufferFor(volumeBytes: number): number {
  return Math.floor(Math.min(Math.max(volumeBytes / 256, mebibyte / 2), 32 * mebibyte));
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
  const chunk = Buffer.alloc(Math.min(mebibyte, bytes));
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
