import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { messageOf, StoreError } from '../errors';
import { isInterruption, stopIfInterrupted } from './interrupted';
import { linkOrCopy, rowFiles, steadyName } from './level-files';
import { isNoSpace, noSpace } from './no-space';
import { openAfterLoss, openLevel, type Db } from './store';
import { shareLock } from './store-lock';

const rowsAtOnce = 1_000;

/**
 * Opens second names of a store's files: what LevelDB does to them as it opens leaves the store as it is. The lock is
 * the store's own, so a service that runs on it is noticed (StoreError `store_locked`, UsageError where that can't be
 * told). What lies in `aside` is the caller's to remove, whether it opens or not.
 */
export async function openAside(level: string, aside: string): Promise<Db> {
  shareLock(level, aside);
  const rows = rowFiles(level);
  for (const name of rows) {
    // Of a table under both names LevelDB reads the one in .ldb.
    if (name.endsWith('.sst') && rows.includes(name.replace(/\.sst$/, '.ldb'))) continue;
    present(() => linkOrCopy(join(level, name), join(aside, steadyName(name))));
  }
  for (const name of readdirSync(level).filter((one) => /^(CURRENT|MANIFEST-\d+)$/.test(one))) {
    present(() => copyFileSync(join(level, name), join(aside, name)));
  }
  return openAfterLoss(aside);
}

/** A service that runs on the store removes files; the lock will say so. */
function present(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
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
export async function rewrite(
  from: Db,
  at: string,
  doubts: string[],
  signal: AbortSignal | undefined,
): Promise<Db> {
  const to = await openLevel(at, true);
  const iterator = from.iterator({ fillCache: false });
  try {
    for (
      let rows = await iterator.nextv(rowsAtOnce);
      rows.length > 0;
      rows = await iterator.nextv(rowsAtOnce)
    ) {
      stopIfInterrupted(signal);
      await to.batch(rows.map(([key, value]) => ({ type: 'put' as const, key, value })));
    }
  } catch (error) {
    const { cause = error } = error as Error;
    if (isNoSpace(cause) || isInterruption(error)) {
      await to.close();
      throw isNoSpace(cause) ? noSpace(at, cause) : error;
    }
    doubts.push(`a part of the store can't be read: ${messageOf(cause)}`);
  } finally {
    await iterator.close();
  }
  return to;
}
