import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { messageOf, StoreError } from '../errors';
import { releaseBallast, writeBufferFor } from './ballast';
import { dataDirectoryProblem, ensureDirectory, syncDirectory, volumeBytes } from './directory';
import { FoundAges } from './found-ages';
import { frozenKey, outboxKey, outboxRange, stateKey } from './keys';
import { checkingPrefix, foreignNames, keepFiles, removeAll, removeTree, storePaths } from './level-files';
import { Manifest } from './manifest';
import { Replays } from './replays';
import { isNoSpace, noSpace } from './no-space';
import { decodeState, encodeState, newState, type StoreState } from './state';
import { refuseUnfinished } from './swap';
import { dropTornEdit } from './torn-edit';
import { verify } from './verify';

export { storePaths };

export type Db = ClassicLevel<Buffer, Buffer>;

export interface Store {
  readonly db: Db;
  readonly state: StoreState;
  readonly manifest: Manifest;
  readonly replays: Replays;
  /** When what it held as it was opened had been accepted. */
  readonly ages: FoundAges;
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
    writeBufferSize: writeBufferFor(volumeBytes(dirname(location))),
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

/** Has LevelDB give back the room of settled records now, and not some time. */
export async function compactOutbox(db: Db): Promise<void> {
  await db.compactRange(outboxRange.gte, outboxRange.lt);
}

/** Opens a store that is there, as a power loss may have left it. */
export async function openAfterLoss(location: string): Promise<Db> {
  try {
    return await openLevel(location, false);
  } catch (error) {
    // It had the lock to say so: no process has this store open.
    const damaged = error instanceof StoreError && error.code === 'store_damaged';
    if (!damaged || !dropTornEdit(location)) throw error;
    return openLevel(location, false);
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
  if (isNoSpace(cause)) return noSpace(location, cause);
  return new StoreError(
    'store_damaged',
    `${location} can't be read: ${messageOf(cause)}. Nothing was changed. Run \`selfcheer store check\` for a report.`,
    { cause },
  );
}

/**
 * Opens the store of a data directory, or creates it in an empty one. What does not add up is refused with a
 * StoreError that says what to do; such a store is left as it was found. A directory that this user can't write is
 * a UsageError. Without `keep`, for a store that this process has verified before, what it is found with is not kept: on
 * a full disk that would hold the room of what LevelDB began to write and now removes.
 */
export async function openStore(dataDir: string, lanes: number, keep = true): Promise<Store> {
  try {
    ensureDirectory(dataDir);
    refuseUnfinished(dataDir);
    return await withRoom(dataDir, () => openOrCreate(storePaths(dataDir), lanes, keep));
  } catch (error) {
    throw dataDirectoryProblem(dataDir, error);
  }
}

/** LevelDB writes what it recovers from its log before it removes the log: where no room is left, the ballast makes some. */
async function withRoom<T>(dataDir: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!isNoSpace(error) || !releaseBallast(dataDir)) throw error;
    return open();
  }
}

async function openOrCreate(
  paths: ReturnType<typeof storePaths>,
  lanes: number,
  keep: boolean,
): Promise<Store> {
  const isThere = existsSync(paths.level);
  if (isThere) ensureDirectory(paths.level);
  if (existsSync(paths.manifest)) return openExisting(paths, keep);
  if (isThere && foreignNames(paths.level).length > 0) {
    throw new StoreError(
      'foreign_files',
      `${paths.level} holds files that are no store's. Nothing was changed. Choose another data directory (SELFCHEER_DATA_DIR).`,
    );
  }
  if (!isThere || readdirSync(paths.level).length === 0) await createLevel(paths, lanes);
  return createNew(paths, lanes);
}

/**
 * LevelDB makes several files. They are made, with a state row, under another name, and are durable before they get
 * theirs: whatever moment of this a power loss hits, there is no store yet, or a whole one.
 */
async function createLevel(paths: ReturnType<typeof storePaths>, lanes: number): Promise<void> {
  const making = `${paths.level}.new`;
  removeTree(making);
  ensureDirectory(making);
  const db = await openLevel(making, true);
  try {
    await db.put(stateKey, encodeState(newState(randomUUID(), lanes)), { sync: true });
  } finally {
    await db.close();
  }
  syncDirectory(making);
  renameSync(making, paths.level);
  syncDirectory(dirname(paths.level));
}

/** A start that was cut short may have left an empty store without its manifest: that one is completed. */
async function createNew(paths: ReturnType<typeof storePaths>, lanes: number): Promise<Store> {
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
    return { db, state, manifest, replays: new Replays(), ages: new FoundAges(0) };
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function openExisting(paths: ReturnType<typeof storePaths>, keep: boolean): Promise<Store> {
  const manifest = Manifest.open(paths.manifest);
  let db: Db | undefined;
  let isNew = false;
  try {
    isNew = keep && keepFiles(paths.level, paths.kept);
    db = await openAfterLoss(paths.level);
    // Of a check that was killed: it would hold the room of what LevelDB removes from now on.
    removeAll(checkingPrefix(paths.level));
    // LevelDB put what it found in its log into a table, pointed CURRENT to that, and removed the log. A power loss that
    // undid these names would bring the log back without what an earlier process never synced, and which is believed below.
    syncDirectory(paths.level);
    const state = decodeState(await db.get(stateKey));
    const replays = await Replays.read(db);
    const ages = new FoundAges(state.aliveAt ?? Date.now(), replays);
    const report = await verify(db, state, manifest.current, ages);
    if (report.problems.length > 0) {
      throw new StoreError(
        'store_damaged',
        `The store does not add up: ${report.problems.slice(0, 3).join('; ')}. Nothing was changed. Run \`selfcheer store check\` for the whole report.`,
      );
    }
    state.bytes = report.bytes;
    for (const { lane, low } of report.lanes) state.lanes[lane]!.low = low;
    await removeSettled(db, state);
    await replays.removeSettled(db, state.lanes);
    // From here on something may be added that what was kept does not have.
    removeTree(paths.kept);
    syncDirectory(dirname(paths.kept));
    manifest.begin(state);
    return { db, state, manifest, replays, ages };
  } catch (error) {
    await manifest.close();
    await db?.close();
    // Nothing was opened, so there is nothing to keep: another process has it, or nothing could be written.
    if (isNew && (isLocked(error) || isNoSpace(error))) removeTree(paths.kept);
    throw error instanceof StoreError ? error : (readFailure(paths.level, error) ?? error);
  }
}

/** What LevelDB says of a table that it opened but can't read. */
function readFailure(location: string, error: unknown): StoreError | undefined {
  const { code = '' } = error as { code?: string };
  return code.startsWith('LEVEL_') ? openFailure(location, error) : undefined;
}

function isLocked(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'store_locked';
}

/** Rows below a lane's low mark are settled; a crash may have left some. */
async function removeSettled(db: Db, state: StoreState): Promise<void> {
  for (const [lane, marks] of state.lanes.entries()) {
    await db.clear({ gte: outboxKey(lane, 0), lt: outboxKey(lane, marks.low) });
    await db.clear({ gte: frozenKey(lane, 0), lt: frozenKey(lane, marks.low) });
  }
}
