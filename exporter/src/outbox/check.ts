import { existsSync } from 'node:fs';
import { messageOf, StoreError } from '../errors';
import { dedupeSpace, stateKey } from './keys';
import { Manifest } from './manifest';
import { decodeState } from './state';
import { openLevel, storePaths, type Db } from './store';
import { verify, type Verification } from './verify';

/** What `selfcheer store check` found. */
export interface StoreReport {
  readonly ok: boolean;
  readonly storeId: string | undefined;
  /** True when the last process closed the store properly; false after a crash or while it runs. */
  readonly clean: boolean | undefined;
  readonly lanes: Verification['lanes'];
  readonly records: number;
  readonly bytes: number;
  readonly quarantined: number;
  readonly dedupeEntries: number;
  readonly problems: readonly string[];
}

/**
 * Reads a whole store and says whether it adds up. Throws StoreError `store_locked` while a service runs on it and
 * `store_missing` when there is none. Nothing is changed beyond LevelDB's own recovery of its log.
 */
export async function checkStore(dataDir: string): Promise<StoreReport> {
  const paths = storePaths(dataDir);
  if (!existsSync(paths.level) && !existsSync(paths.manifest)) {
    throw new StoreError(
      'store_missing',
      `There is no store in ${dataDir}. Name its directory with --data-dir.`,
    );
  }
  const problems: string[] = [];
  const note = (error: unknown): undefined => {
    if (error instanceof StoreError && error.code === 'store_locked') throw error;
    problems.push(messageOf(error));
    return undefined;
  };
  let manifest;
  try {
    manifest = Manifest.read(paths.manifest);
  } catch (error) {
    note(error);
  }
  const db = await openLevel(paths.level, false).catch(note);
  const found =
    db &&
    (await examine(db, manifest)
      .catch(note)
      .finally(() => db.close()));
  if (found) problems.push(...found.verification.problems);
  return {
    ok: problems.length === 0,
    storeId: manifest?.storeId,
    clean: manifest?.clean,
    lanes: found?.verification.lanes ?? [],
    records: found?.verification.records ?? 0,
    bytes: found?.verification.bytes ?? 0,
    quarantined: found?.verification.quarantined ?? 0,
    dedupeEntries: found?.dedupeEntries ?? 0,
    problems,
  };
}

async function examine(
  db: Db,
  manifest: ReturnType<typeof Manifest.read> | undefined,
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
  const verification = await verify(db, state, reference);
  let dedupeEntries = 0;
  for await (const key of db.keys(dedupeSpace)) if (key.length > 0) dedupeEntries += 1;
  return { verification, dedupeEntries };
}
