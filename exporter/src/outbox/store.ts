import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { messageOf, StoreError } from '../errors';
import { dataDirectoryProblem, ensureDirectory, syncDirectory } from './directory';
import { outboxKey, stateKey } from './keys';
import { Manifest } from './manifest';
import { decodeState, encodeState, newState, type StoreState } from './state';
import { verify } from './verify';

/** Names that LevelDB gives its files. */
const levelFile = /^(CURRENT|LOCK|LOG(\.old)?|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp))$/;

export type Db = ClassicLevel<Buffer, Buffer>;

export interface Store {
  readonly db: Db;
  readonly state: StoreState;
  readonly manifest: Manifest;
}

/** Where the parts of a store lie inside the data directory. */
export function storePaths(dataDir: string): { level: string; manifest: string } {
  return { level: join(dataDir, 'store'), manifest: join(dataDir, 'store.manifest') };
}

/**
 * Opens LevelDB; the lock inside it keeps a second process out. `multithreading` lets the relay's worker share it.
 * No compression: nearly every row dies young, and Snappy's time would be spent for nothing.
 */
export async function openLevel(location: string, createIfMissing: boolean): Promise<Db> {
  const db = new ClassicLevel<Buffer, Buffer>(location, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing,
    compression: false,
    writeBufferSize: 32 * 2 ** 20,
    cacheSize: 32 * 2 ** 20,
    multithreading: true,
  });
  try {
    await db.open();
    return db;
  } catch (error) {
    throw openFailure(location, error);
  }
}

function openFailure(location: string, error: unknown): StoreError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = (cause as { code?: unknown }).code;
  if (code === 'LEVEL_LOCKED') {
    return new StoreError(
      'store_locked',
      `${location} is in use by another process. Stop that one, or choose another data directory (SELFCHEER_DATA_DIR).`,
      { cause },
    );
  }
  return new StoreError(
    'store_damaged',
    `${location} can't be opened: ${messageOf(cause)}. Nothing was changed. Run \`selfcheer store check\` for a report.`,
    { cause },
  );
}

/**
 * Opens the store of a data directory, or creates it in an empty one. What does not add up is refused with a
 * StoreError that says what to do; such a store is left as it was found. A directory that this user can't write is
 * a UsageError.
 */
export async function openStore(dataDir: string, lanes: number): Promise<Store> {
  try {
    ensureDirectory(dataDir);
    return await openOrCreate(storePaths(dataDir), lanes);
  } catch (error) {
    throw dataDirectoryProblem(dataDir, error);
  }
}

async function openOrCreate(paths: ReturnType<typeof storePaths>, lanes: number): Promise<Store> {
  if (existsSync(paths.level)) ensureDirectory(paths.level);
  if (existsSync(paths.manifest)) return openExisting(paths);
  if (existsSync(paths.level) && !readdirSync(paths.level).every((name) => levelFile.test(name))) {
    throw new StoreError(
      'foreign_files',
      `${paths.level} holds files that are no store's. Nothing was changed. Choose another data directory (SELFCHEER_DATA_DIR).`,
    );
  }
  return createNew(paths, lanes);
}

/** A start that was cut short may have left an empty store without its manifest: that one is completed. */
async function createNew(paths: ReturnType<typeof storePaths>, lanes: number): Promise<Store> {
  ensureDirectory(paths.level);
  chmodSync(paths.level, 0o700);
  const names = readdirSync(paths.level);
  // Data without the file that says which of it holds: LevelDB would begin anew and remove it.
  const orphaned = !names.includes('CURRENT') && names.some((name) => /^\d+\.(ldb|log)$/.test(name));
  const db = await openLevel(paths.level, !orphaned);
  try {
    const rows = await db.keys({ limit: 2 }).all();
    const row = await db.get(stateKey);
    const unused = row ? decodeState(row).lanes.every(({ high }) => high === 0) : true;
    if (!unused || rows.some((key) => !key.equals(stateKey))) {
      throw new StoreError(
        'manifest_missing',
        `${paths.manifest} is missing beside ${paths.level}. A store without its manifest can't be trusted. Run \`selfcheer store check\` for a report.`,
      );
    }
    const state = newState(randomUUID(), lanes);
    await db.put(stateKey, encodeState(state), { sync: true });
    const manifest = Manifest.create(paths.manifest, state.storeId, state.lanes);
    syncDirectory(dirname(paths.manifest));
    return { db, state, manifest };
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function openExisting(paths: ReturnType<typeof storePaths>): Promise<Store> {
  const manifest = Manifest.open(paths.manifest);
  let db: Db | undefined;
  try {
    db = await openLevel(paths.level, false);
    const state = decodeState(await db.get(stateKey));
    const report = await verify(db, state, manifest.current);
    if (report.problems.length > 0) {
      throw new StoreError(
        'store_damaged',
        `The store does not add up: ${report.problems.slice(0, 3).join('; ')}. Nothing was changed. Run \`selfcheer store check\` for the whole report.`,
      );
    }
    state.bytes = report.bytes;
    for (const { lane, low } of report.lanes) state.lanes[lane]!.low = low;
    await removeSettled(db, state);
    manifest.begin(state.lanes);
    return { db, state, manifest };
  } catch (error) {
    await manifest.close([], false);
    await db?.close();
    throw error;
  }
}

/** Rows below a lane's low mark are settled; a crash may have left some. */
async function removeSettled(db: Db, state: StoreState): Promise<void> {
  for (const [lane, marks] of state.lanes.entries()) {
    await db.clear({ gte: outboxKey(lane, 0), lt: outboxKey(lane, marks.low) });
  }
}
