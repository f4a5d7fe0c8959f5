import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { messageOf, StoreError } from '../errors';
import { linkOrCopy, removeTree, rowFiles, steadyName } from './level-files';
import { isNoSpace, noSpace } from './no-space';
import { openLevel, type Db } from './store';

const rowsAtOnce = 1_000;

/**
 * Opens second names of a store's files: what LevelDB does to them as it opens leaves the store as it is. The lock is
 * the store's own, so a service that runs on it is noticed (StoreError `store_locked`). Close it, then remove `aside`.
 */
export async function openAside(level: string, aside: string): Promise<Db> {
  removeTree(aside);
  mkdirSync(aside, { mode: 0o700 });
  linkLock(level, aside);
  const rows = rowFiles(level);
  for (const name of rows) {
    // Of a table under both names LevelDB reads the one in .ldb.
    if (name.endsWith('.sst') && rows.includes(name.replace(/\.sst$/, '.ldb'))) continue;
    present(() => linkOrCopy(join(level, name), join(aside, steadyName(name))));
  }
  for (const name of readdirSync(level).filter((one) => /^(CURRENT|MANIFEST-\d+)$/.test(one))) {
    present(() => copyFileSync(join(level, name), join(aside, name)));
  }
  return openLevel(aside, false);
}

/** A service that runs on the store removes files; the lock will say so. */
function present(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** False when there is no lock to hold: no service can run there, or the file system has no hard links. */
function linkLock(level: string, into: string): boolean {
  try {
    linkSync(join(level, 'LOCK'), join(into, 'LOCK'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Holds a store's lock without opening the store: LevelDB locks a file by its inode, and another LevelDB may have that
 * inode as its own LOCK. Returns what lets go of it. Throws StoreError `store_locked` when a process has the store.
 */
export async function holdLock(level: string): Promise<() => Promise<void>> {
  const directory = dirname(level);
  const prefix = `${basename(level)}.lock-`;
  if (!existsSync(join(level, 'LOCK'))) return () => Promise.resolve();
  const at = mkdtempSync(join(directory, prefix));
  try {
    const db = linkLock(level, at) ? await openLevel(at, true) : undefined;
    return async () => {
      await db?.close();
      // Those of a salvage that was killed, too: nobody else holds the lock.
      for (const name of readdirSync(directory))
        if (name.startsWith(prefix)) removeTree(join(directory, name));
    };
  } catch (error) {
    removeTree(at);
    if (!(error instanceof StoreError) || error.code !== 'store_locked') throw error;
    throw new StoreError(
      'store_locked',
      `${level} is in use by another process. Stop that one first: a store in use can't be salvaged.`,
      { cause: error.cause },
    );
  }
}

/**
 * Whatever rows LevelDB's repair finds in the files of these directories, as a store in `at`; undefined when there are
 * no files. They are given new numbers, as two directories may use one twice; which of two rows is the newer one is
 * written in the rows. Repair reads logs without checking them, so what is damaged must be told by its own checksum.
 */
export async function openRepaired(directories: readonly string[], at: string): Promise<Db | undefined> {
  mkdirSync(at, { recursive: true, mode: 0o700 });
  const taken = new Set<string>();
  let number = 0;
  for (const directory of directories) {
    for (const name of rowFiles(directory)) {
      // What is kept and what is still there are mostly the same files.
      if (taken.has(steadyName(name))) continue;
      taken.add(steadyName(name));
      number += 1;
      const steady = steadyName(name);
      linkOrCopy(
        join(directory, name),
        join(at, `${String(number).padStart(6, '0')}${steady.slice(steady.indexOf('.'))}`),
      );
    }
  }
  if (number === 0) return undefined;
  try {
    await ClassicLevel.repair(at);
  } catch (error) {
    const { cause = error } = error as Error;
    if (isNoSpace(cause)) throw noSpace(at, cause);
    throw new StoreError('store_damaged', `LevelDB can't repair a copy of the store: ${messageOf(cause)}.`, {
      cause,
    });
  }
  return openLevel(at, false);
}

/** True for what LevelDB says of tables that it can't read. */
export function isUnreadable(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return code.startsWith('LEVEL_') && !isNoSpace(error);
}

/**
 * Another store with what can be read of this one from its beginning to its end; adds to `doubts` what can't. Repair has
 * read it in that way, too: damage in a table's index may keep every search from its end nevertheless.
 */
export async function rewrite(from: Db, at: string, doubts: string[]): Promise<Db> {
  const to = await openLevel(at, true);
  const iterator = from.iterator({ fillCache: false });
  try {
    for (
      let rows = await iterator.nextv(rowsAtOnce);
      rows.length > 0;
      rows = await iterator.nextv(rowsAtOnce)
    ) {
      await to.batch(rows.map(([key, value]) => ({ type: 'put' as const, key, value })));
    }
  } catch (error) {
    const { cause = error } = error as Error;
    if (isNoSpace(cause)) throw noSpace(at, cause);
    doubts.push(`a part of the store can't be read: ${messageOf(cause)}`);
  } finally {
    await iterator.close();
  }
  return to;
}
