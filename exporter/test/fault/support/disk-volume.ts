import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A disk of a few MiB in memory. */
export interface SmallVolume {
  readonly directory: string;
  freeBytes(): number;
  /** Another program's file, until so many bytes are free; what is there already grows. */
  fill(leaveBytes: number): void;
  /** The other program removes its file. */
  giveBack(): void;
  dispose(): void;
}

/** Undefined where this user may not mount. */
export function mountSmallVolume(mebibytes: number): SmallVolume | undefined {
  const directory = mkdtempSync(path.join(tmpdir(), 'selfcheer-volume-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', directory], {
      stdio: 'pipe',
    });
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  const other = path.join(directory, 'of-another-program');
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  };
  return {
    directory,
    freeBytes,
    fill(leaveBytes) {
      const file = openSync(other, 'a');
      try {
        for (;;) {
          const bytes = Math.min(64 * 1024, freeBytes() - leaveBytes);
          if (bytes <= 0) return;
          writeSync(file, Buffer.alloc(bytes, 'x'));
        }
      } catch (error) {
        // The service was faster and took the last of it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    giveBack: () => rmSync(other, { force: true }),
    dispose() {
      execFileSync('umount', ['-l', directory]);
      rmSync(directory, { recursive: true });
    },
  };
}
