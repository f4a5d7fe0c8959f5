import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../errors';
import { dataDirectoryProblem, ensureDirectory, syncDirectory } from './directory';
import { stopIfInterrupted } from './interrupted';
import { stateKey } from './keys';
import { removeTree, storePaths } from './level-files';
import { Manifest } from './manifest';
import { readMarks, type KnownMarks } from './salvage-marks';
import type { SalvageReport } from './salvage-report';
import { saveCompanions, saveIds, saveLanes, saveQuarantine, type SavedLanes } from './salvage-rows';
import { isUnreadable, openRepaired, rewrite } from './salvage-source';
import { DamagedRows, SalvageWriter } from './salvage-writer';
import { encodeState, newState, type StoreState } from './state';
import { openLevel, type Db } from './store';
import { holdLock, lockSalvage } from './store-lock';
import { finishSwap, requireOneVolume, salvagePaths, swap, type Swapped } from './swap';
import { verify } from './verify';

export interface SalvageOptions {
  /** The new store goes into this data directory, which must have none; the damaged one stays where it is. */
  readonly to?: string;
  /** Only reports; what it writes on the way is removed. */
  readonly dryRun: boolean;
  /** Lanes of the configuration, for a store of which nothing says how many it had. */
  readonly lanes: number;
  /** What is being done, and how many rows of it; called often. */
  readonly progress: (phase: 'repairing a copy' | 'reading' | 'verifying', rows: number) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Ends it early, with everything as it was; once the new store takes its place that is finished. */
  readonly signal?: AbortSignal;
}

/**
 * Takes whatever is whole out of a damaged store into a new one, which then takes its place; says what is lost. The
 * damaged one is not changed, but renamed. Cut short at any moment, either of the two is there, and another call
 * finishes. Rejects with StoreError `store_locked` (by a process that has the store, or another salvage into the same
 * directory), `store_missing`, `store_no_space` or, when nothing can be saved of what was acknowledged, `store_damaged`;
 * with `interrupted` on the signal, and with a UsageError where it can't be done in place.
 */
export async function salvageStore(dataDir: string, options: SalvageOptions): Promise<SalvageReport> {
  const target = options.to ?? dataDir;
  try {
    ensureDirectory(target);
    const letGo = await lockSalvage(target);
    try {
      return await salvageAlone(dataDir, target, options);
    } finally {
      await letGo();
    }
  } catch (error) {
    throw dataDirectoryProblem(target, error);
  }
}

/** What it is with no other salvage in the target. */
async function salvageAlone(
  dataDir: string,
  target: string,
  options: SalvageOptions,
): Promise<SalvageReport> {
  const finished = finishSwap(target);
  if (finished) return { ...readReport(finished), ...places(finished) };
  requireStores(dataDir, options.to);
  const letGo = await holdLock(storePaths(dataDir).level, storePaths(target).level);
  try {
    return await rescue(dataDir, target, options);
  } finally {
    await letGo();
  }
}

function requireStores(dataDir: string, to: string | undefined): void {
  const { level, manifest, kept } = storePaths(dataDir);
  if (![level, manifest, kept].some((path) => existsSync(path))) {
    throw new StoreError(
      'store_missing',
      `There is no store in ${dataDir}. Name its directory with --data-dir.`,
    );
  }
  if (to === undefined) return;
  const there = storePaths(to);
  if (existsSync(there.level) || existsSync(there.manifest)) {
    throw new StoreError(
      'foreign_files',
      `${to} has a store already. Name a directory without one with --to.`,
    );
  }
}

async function rescue(dataDir: string, target: string, options: SalvageOptions): Promise<SalvageReport> {
  const from = storePaths(dataDir);
  const { work, journal } = salvagePaths(target);
  removeTree(work);
  ensureDirectory(work);
  let source: Db | undefined;
  try {
    // Found out only in the swap, it would keep every start from opening either of the two stores.
    if (options.to === undefined && !options.dryRun) requireOneVolume(dataDir);
    options.progress('repairing a copy', 0);
    source = await openRepaired([from.kept, from.level], join(work, 'copy'));
    stopIfInterrupted(options.signal);
    try {
      return await remake(source, from.manifest, target, [], options);
    } catch (error) {
      if (!source || !isUnreadable(error)) throw error;
      const doubts: string[] = [];
      const repaired = source;
      source = await rewrite(repaired, join(work, 'rewritten'), doubts, options.signal);
      await repaired.close();
      return await remake(source, from.manifest, target, doubts, options);
    }
  } finally {
    await source?.close();
    // With a journal, what is in there is the store.
    if (!existsSync(journal)) removeTree(work);
  }
}

/** Makes the new store out of a readable one, and puts it in its place. */
async function remake(
  source: Db | undefined,
  oldManifest: string,
  target: string,
  unread: readonly string[],
  { dryRun, lanes, progress, now, signal }: SalvageOptions,
): Promise<SalvageReport> {
  const { level, manifest, findings } = salvagePaths(target);
  const marks = await readMarks(source, oldManifest, lanes);
  let made: Db | undefined;
  try {
    if (!dryRun) {
      removeTree(level);
      ensureDirectory(level);
      made = await openLevel(level, true);
    }
    const damaged = new DamagedRows(dryRun ? undefined : findings);
    const doubts = [...unread, ...marks.doubts];
    const { report, state } = await transfer(source, made, marks, doubts, damaged, progress, signal);
    if (!made) return report;
    refuseNothing(report, unread.length > 0);
    progress('verifying', report.saved);
    await complete(made, state, manifest, signal);
    await made.close();
    made = undefined;
    syncDirectory(level);
    writeReport(findings, report);
    stopIfInterrupted(signal);
    return { ...report, ...places(swap(target, timeId(now()))) };
  } finally {
    await made?.close();
  }
}

/** An empty store in the place of one that was not would only hide what happened to it. */
function refuseNothing({ saved, quarantine, lost, damaged }: SalvageReport, isUnread: boolean): void {
  if (saved + quarantine.saved > 0) return;
  if (lost + quarantine.lost + damaged === 0 && !isUnread) return;
  throw new StoreError(
    'store_damaged',
    'Nothing could be saved; the damaged store stays as it is. --dry-run says what is missing. ' +
      'Restore a backup of the whole data directory, or start the exporter on an empty one (SELFCHEER_DATA_DIR).',
  );
}

async function transfer(
  source: Db | undefined,
  made: Db | undefined,
  marks: KnownMarks,
  doubts: readonly string[],
  damaged: DamagedRows,
  progress: SalvageOptions['progress'],
  signal: AbortSignal | undefined,
): Promise<{ report: SalvageReport; state: StoreState }> {
  const writer = new SalvageWriter(made);
  let rows = 0;
  const tick = (): void => progress('reading', ++rows);
  const context = { db: source, marks, writer, damaged, tick, signal };
  const saved = await saveLanes(context);
  await saveCompanions(context, saved);
  const quarantine = await saveQuarantine(context);
  const ids = await saveIds(context, saved, quarantine);
  damaged.close();
  const state: StoreState = {
    ...newState(randomUUID(), marks.lanes - 1),
    ...(marks.state?.aliveAt !== undefined && { aliveAt: marks.state.aliveAt }),
    lanes: saved.counts.map((high) => ({ low: 1, high })),
    bytes: saved.bytes,
    quarantine: { next: quarantine.next, count: quarantine.count, bytes: quarantine.bytes },
    dedupe: ids.dedupe,
  };
  await writer.put(stateKey, encodeState(state));
  await writer.flush();

  const lanes = lossesOf(marks, saved);
  const lost = lanes.reduce((sum, lane) => sum + lane.lost, 0);
  const lostQuarantined = Math.max(0, (marks.quarantined ?? 0) - quarantine.count);
  const report: SalvageReport = {
    complete: lost === 0 && lostQuarantined === 0 && damaged.count === 0 && doubts.length === 0,
    oldStoreId: marks.storeId,
    storeId: made && state.storeId,
    lanes,
    saved: saved.counts.reduce((sum, count) => sum + count, 0),
    bytes: saved.bytes,
    lost,
    quarantine: { saved: quarantine.count, lost: lostQuarantined },
    ids: { kept: ids.kept, forgotten: ids.forgotten },
    damaged: damaged.count,
    doubts,
  };
  return { report, state };
}

function lossesOf(marks: KnownMarks, { found, counts }: SavedLanes): SalvageReport['lanes'] {
  return found.map((numbers, lane) => {
    const from = marks.guessed ? (numbers.first ?? 1) : marks.settled[lane]!;
    const lostRanges = numbers.gaps(from, Math.max(marks.highs[lane]!, numbers.last ?? 0));
    const lost = lostRanges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    return { lane, saved: counts[lane]!, lost, lostRanges };
  });
}

/** Holds the new store against itself, as an opening does, and gives it its manifest. */
async function complete(
  db: Db,
  state: StoreState,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { storeId, quarantine } = state;
  const lanes = state.lanes.map(({ low, high }) => [low, high] as const);
  const content = { version: 1, storeId, generation: 1, update: 1, clean: true, lanes } as const;
  const reference = { ...content, quarantineNext: quarantine.next };
  const { problems } = await verify(db, state, reference, undefined, signal);
  if (problems.length > 0) {
    throw new StoreError(
      'store_damaged',
      `The new store does not add up: ${problems[0]!}. Nothing was changed.`,
    );
  }
  const manifest = Manifest.create(path, storeId, state.lanes, quarantine.next);
  await manifest.close(state);
}

function writeReport(findings: string, report: SalvageReport): void {
  ensureDirectory(findings);
  const fd = openSync(join(findings, 'report.json'), 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(report, null, 2)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  syncDirectory(findings);
}

function readReport({ findings }: Swapped): SalvageReport {
  return JSON.parse(readFileSync(join(findings, 'report.json'), 'utf8')) as SalvageReport;
}

function places({ aside, findings }: Swapped): Pick<SalvageReport, 'aside' | 'findings'> {
  return existsSync(aside) ? { aside, findings } : { findings };
}

/** `20261121T154233Z`. */
function timeId(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d+/g, '');
}
