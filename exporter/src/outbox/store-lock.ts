import {
  closeSync,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StoreError, UsageError } from '../errors';
import { ensureDirectory } from './directory';
import { removeAll, removeTree } from './level-files';
import { openLevel, type Db } from './store';

/**
 * Gives a store's lock a second name, as the LOCK of the directory `into`. LevelDB locks a file and not its name: whoever
 * opens a LevelDB there has the store to itself, or is told that a process has it. Does nothing where the store has no
 * lock: no process can have such a store. Throws UsageError where no second name is possible.
 */
export function shareLock(level: string, into: string): void {
  const lock = join(level, 'LOCK');
  if (!existsSync(lock)) return;
  const second = join(into, 'LOCK');
  try {
    linkSync(lock, second);
  } catch {
    // No hard links here, or the store is a volume of its own: a symbolic link leads to the same file.
    try {
      symlinkSync(resolve(lock), second);
    } catch (error) {
      throw new UsageError(
        `${dirname(into)} can have neither hard nor symbolic links, so it can't be told whether an exporter runs on ${level}. ` +
          'Nothing was changed. Salvage into a directory that can have them (--to), or work on a copy of the data directory (--data-dir).',
        { cause: error },
      );
    }
  }
}

/**
 * Holds a store's lock without opening the store, in a directory beside `place`. Returns what lets go of it. Throws
 * StoreError `store_locked` when a process has the store, UsageError when nobody can say.
 */
export async function holdLock(level: string, place: string): Promise<() => Promise<void>> {
  if (!existsSync(join(level, 'LOCK'))) return () => Promise.resolve();
  const prefix = `${place}.lock-`;
  const at = mkdtempSync(prefix);
  try {
    shareLock(level, at);
    const db = await openLevel(at, true);
    return async () => {
      await db.close();
      // Those of a salvage that was killed, too: nobody else holds the lock.
      removeAll(prefix);
    };
  } catch (error) {
    removeTree(at);
    throw inUse(error, level, 'salvaged');
  }
}

/** Directories in which this process salvages: LevelDB's lock does not keep a process from itself. */
const ours = new Set<string>();

/**
 * Makes a salvage the only one that works in a data directory: holds LevelDB's lock, which ends with the process however
 * that ends, on an empty store beside the one in question. That one's own lock can't do it, as it may be lost, and as a
 * swap moves it away. Returns what lets go of it. Throws StoreError `store_locked`.
 *
 * It tells of salvages, not of an exporter: one that runs on a store whose LOCK was removed still has its lock, but on a
 * file without a name, which nobody else can try.
 */
export async function lockSalvage(dataDir: string): Promise<() => Promise<void>> {
  const at = resolve(dataDir, 'store.salvage.lock');
  if (ours.has(at)) throw salvaging(dataDir);
  ours.add(at);
  try {
    const letGo = await lockEmpty(at, dataDir);
    return () => letGo().finally(() => ours.delete(at));
  } catch (error) {
    ours.delete(at);
    throw error;
  }
}

async function lockEmpty(at: string, dataDir: string): Promise<() => Promise<void>> {
  const gone = `${at}.old`;
  const lock = join(at, 'LOCK');
  let db: Db | undefined;
  try {
    ensureDirectory(at);
    closeSync(openSync(lock, 'a', 0o600));
    const expected = identityOf(lock);
    db = await openEmpty(at);
    // Whoever had it may have removed the file after LevelDB opened it here: then this locks what nobody else can see.
    if (identityOf(lock) !== expected) throw vanished(at);
  } catch (error) {
    await db?.close();
    const { code } = error as { code?: unknown };
    if (code === 'store_locked' || code === 'ENOENT' || !existsSync(lock)) throw salvaging(dataDir, error);
    throw error;
  }
  const held = db;
  return async () => {
    // Held until it is gone; what a killed process has left of this, the next one removes.
    try {
      removeTree(gone);
      renameSync(at, gone);
      removeTree(gone);
    } finally {
      await held.close();
    }
  };
}

/** A store without rows. What a power loss has left of it is worth nothing, but keeps LevelDB from opening it. */
async function openEmpty(at: string): Promise<Db> {
  try {
    return await openLevel(at, true);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'store_damaged') throw error;
    // LevelDB had the lock to say so. The lock itself must stay: another process may just have taken it.
    for (const name of ['CURRENT', 'MANIFEST-']) removeAll(join(at, name));
    return openLevel(at, true);
  }
}

/** Of a file; an inode number alone may be used again. */
function identityOf(path: string): string {
  const { ino, ctimeNs } = statSync(path, { bigint: true });
  return `${ino} ${ctimeNs}`;
}

function vanished(path: string): Error {
  return Object.assign(new Error(`${path} was removed`), { code: 'ENOENT' });
}

function salvaging(dataDir: string, cause?: unknown): StoreError {
  return new StoreError(
    'store_locked',
    `${dataDir} is in use by another salvage. Wait until that one ends: it says what it saved.`,
    { cause },
  );
}

export function lockedBy(level: string, what: 'checked' | 'salvaged', cause: unknown): StoreError {
  return new StoreError(
    'store_locked',
    `${level} is in use by another process. Stop that one first: a store in use can't be ${what}.`,
    { cause },
  );
}

/** The error of another LevelDB that shares the store's lock, told of the store; any other as it is. */
export function inUse(error: unknown, level: string, what: 'checked' | 'salvaged'): unknown {
  return error instanceof StoreError && error.code === 'store_locked'
    ? lockedBy(level, what, error.cause)
    : error;
}
