import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, UsageError } from '../errors';

/**
 * Makes sure of a directory that this user can read and write; levels that are missing are made with mode 0700, and
 * each is in its parent for good when this returns. Not with `recursive`: on a path such as /proc/x Node then tries
 * for ever. Throws what the file system says.
 */
export function ensureDirectory(path: string): void {
  const missing: string[] = [];
  let level = resolve(path);
  for (; !isThere(level); level = dirname(level)) missing.push(level);
  if (!statSync(level).isDirectory()) {
    throw Object.assign(new Error(`${level} is not a directory`), { code: 'ENOTDIR', syscall: 'stat' });
  }
  for (const directory of missing.reverse()) {
    try {
      mkdirSync(directory, 0o700);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error; // someone else was faster
    }
    syncDirectory(dirname(directory));
  }
  accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
}

/** Brings a directory's entries to the disk: after a power loss a new file is there only if its directory was synced. */
export function syncDirectory(path: string): void {
  let directory: number | undefined;
  try {
    directory = openSync(path, 'r');
    fsyncSync(directory);
  } catch (error) {
    // A parent that may not be read, or a file system that can't sync directories: nothing more can be done.
    if (!['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
}

/** Size in bytes of the volume that a directory lies on. */
export function volumeBytes(directory: string): number {
  const { blocks, bsize } = statfsSync(directory);
  return blocks * bsize;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its disk is full',
};

/** What a command says of a data directory that the file system does not let it use; anything else as it is. */
export function dataDirectoryProblem(dataDir: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const reason = reasons[codeOf(error) ?? ''];
  const path = (error as NodeJS.ErrnoException).path;
  const where = path === undefined || resolve(path) === resolve(dataDir) ? '' : ` (${path})`;
  const why = reason === undefined ? messageOf(error) : `${reason}${where}`;
  return new UsageError(
    `The data directory ${dataDir} can't be used: ${why}. Make it writable for this user, or set SELFCHEER_DATA_DIR.`,
    { cause: error },
  );
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return false; // the file in the way is found further up
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
