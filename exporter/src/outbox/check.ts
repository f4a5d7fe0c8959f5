import { accessSync, constants, existsSync, mkdtempSync } from 'node:fs';
import { messageOf, StoreError, UsageError } from '../errors';
import { dataDirectoryProblem } from './directory';
import { isInterruption, stopIfInterrupted } from './interrupted';
import { dedupeSpace, stateKey } from './keys';
import { Manifest, type ManifestContent } from './manifest';
import { decodeState } from './state';
import { checkingPrefix, removeAll, removeTree, storePaths } from './level-files';
import { openAside } from './salvage-source';
import type { Db } from './store';
import { inUse, lockedBy } from './store-lock';
import { refuseUnfinished } from './swap';
import { verify, type Verification } from './verify';

/** What `selfcheer store check` found; `undefined` is what could not be read. */
export interface StoreReport {
  readonly ok: boolean;
  readonly storeId: string | undefined;
  /** True when the last process closed the store properly; false after a crash or while it runs. */
  readonly clean: boolean | undefined;
  readonly lanes: Verification['lanes'];
  readonly records: number | undefined;
  readonly bytes: number | undefined;
  readonly quarantined: number | undefined;
  readonly dedupeEntries: number | undefined;
  readonly problems: readonly string[];
}

/**
 * Reads a whole store and says whether it adds up. Throws StoreError `store_locked` while a service runs on it and
 * `store_missing` when there is none, and `interrupted` on the signal. LevelDB opens a second set of names for the same
 * files, so nothing is changed.
 */
export async function checkStore(dataDir: string, signal?: AbortSignal): Promise<StoreReport> {
  const paths = storePaths(dataDir);
  for (const path of [dataDir, paths.level, paths.manifest]) readable(dataDir, path);
  if (!existsSync(paths.level) && !existsSync(paths.manifest)) {
    throw new StoreError(
      'store_missing',
      `There is no store in ${dataDir}. Name its directory with --data-dir.`,
    );
  }
  refuseUnfinished(dataDir);
  const problems: string[] = [];
  const note = (error: unknown): undefined => {
    const isLocked = error instanceof StoreError && error.code === 'store_locked';
    if (isLocked || error instanceof UsageError || isInterruption(error)) throw error;
    problems.push(findingOf(error));
    return undefined;
  };
  let manifest: ManifestContent | undefined;
  if (existsSync(paths.manifest)) {
    try {
      manifest = Manifest.read(paths.manifest);
    } catch (error) {
      note(error);
    }
  } else {
    problems.push(
      `the manifest is missing (${paths.manifest}), so nothing says how much had been acknowledged`,
    );
  }
  if (!existsSync(paths.level)) problems.push(`the data is missing (${paths.level})`);
  const found = existsSync(paths.level)
    ? await readAside(paths.level, (db) => examine(db, manifest, signal)).catch(note)
    : undefined;
  if (found) problems.push(...found.verification.problems);
  // Of a store whose lanes are not those of its manifest nothing was counted.
  const counted = found && found.verification.lanes.length > 0 ? found.verification : undefined;
  return {
    ok: problems.length === 0,
    storeId: manifest?.storeId,
    clean: manifest?.clean,
    lanes: counted?.lanes ?? [],
    records: counted?.records,
    bytes: counted?.bytes,
    quarantined: counted?.quarantined,
    dedupeEntries: found?.dedupeEntries,
    problems,
  };
}

/** Reads second names of the store's files, and takes them away again: they would hold room that a service frees. */
async function readAside<T>(level: string, read: (db: Db) => Promise<T>): Promise<T> {
  const prefix = checkingPrefix(level);
  const aside = mkdtempSync(prefix);
  let db: Db | undefined;
  try {
    db = await openAside(level, aside);
    // Those of a check that was killed: whoever has the lock is the only one.
    removeAll(prefix, aside);
    return await read(db);
  } catch (error) {
    // A service that has just got the lock takes away what it finds of a check.
    throw existsSync(aside) ? inUse(error, level, 'checked') : lockedBy(level, 'checked', error);
  } finally {
    await db?.close();
    removeTree(aside);
  }
}

/** What is wrong, without the advice to run the check that is running. */
function findingOf(error: unknown): string {
  if (!(error instanceof StoreError)) return messageOf(error);
  if (error.code === 'manifest_damaged') return 'the manifest is damaged: none of its copies is whole';
  if (error.cause !== undefined) return `the data can't be opened: ${messageOf(error.cause)}`;
  return error.message.replace(/ Nothing was changed\..*$/s, '');
}

/** What may not be read is no damage: another user's store looks like none. */
function readable(dataDir: string, path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw dataDirectoryProblem(dataDir, error);
  }
}

async function examine(
  db: Db,
  manifest: ManifestContent | undefined,
  signal: AbortSignal | undefined,
): Promise<{ verification: Verification; dedupeEntries: number }> {
  const state = decodeState(await db.get(stateKey));
  // Without a manifest the data can only be held against itself.
  const reference = manifest ?? {
    version: 1 as const,
    storeId: state.storeId,
    generation: 0,
    update: 0,
    clean: false,
    lanes: state.lanes.map(({ low }) => [low, 0] as const),
  };
  const verification = await verify(db, state, reference, undefined, signal);
  let dedupeEntries = 0;
  for await (const key of db.keys(dedupeSpace)) {
    stopIfInterrupted(signal);
    if (key.length > 0) dedupeEntries += 1;
  }
  return { verification, dedupeEntries };
}
