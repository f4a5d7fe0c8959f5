import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreError, UsageError } from '../errors';
import { syncDirectory } from './directory';
import { removeTree, storePaths } from './level-files';
import { seal, unseal } from './sealed';

/** Where a salvage works, and what it leaves; `id` is the time of it. */
export function salvagePaths(dataDir: string): {
  work: string;
  level: string;
  manifest: string;
  findings: string;
  journal: string;
} {
  const work = join(dataDir, 'store.salvaging');
  return {
    work,
    level: join(work, 'new', 'store'),
    manifest: join(work, 'new', 'store.manifest'),
    findings: join(work, 'findings'),
    journal: join(dataDir, 'store.swap'),
  };
}

export interface Swapped {
  /** Where the store that was there lies now. */
  readonly aside: string;
  /** The report, and the rows that are damaged. */
  readonly findings: string;
}

function outcome(dataDir: string, id: string): Swapped {
  return { aside: join(dataDir, `store.damaged-${id}`), findings: join(dataDir, `salvage-${id}`) };
}

/** The store can't be opened between the steps of a swap. Throws StoreError `salvage_unfinished`. */
export function refuseUnfinished(dataDir: string): void {
  if (!existsSync(salvagePaths(dataDir).journal)) return;
  throw new StoreError(
    'salvage_unfinished',
    `A salvage of ${dataDir} was cut short. Run \`selfcheer store salvage --data-dir ${dataDir} --yes\` again: it finishes at once.`,
  );
}

/**
 * A swap renames, and what is a volume of its own can't be renamed. Call it before a salvage, which has made its
 * directory to work in. Throws UsageError.
 */
export function requireOneVolume(dataDir: string): void {
  const { work } = salvagePaths(dataDir);
  for (const path of Object.values(storePaths(dataDir))) {
    if (!isVolume(path, dataDir, join(work, 'probe'))) continue;
    throw new UsageError(
      `${path} is a volume of its own, so no new store can take its place. Nothing was changed. ` +
        'Make the new store in another data directory with --to, and start the exporter on that.',
    );
  }
}

/** Mounted from elsewhere. A part of the same file system can be, too: only a second name shows that. */
function isVolume(path: string, dataDir: string, probe: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return false;
  if (found.dev !== statSync(dataDir).dev) return true;
  const file = found.isDirectory() ? firstFile(path) : found.isFile() ? path : undefined;
  if (file === undefined) return false;
  try {
    linkSync(file, probe);
    removeTree(probe);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EXDEV';
  }
}

function firstFile(directory: string): string | undefined {
  const file = readdirSync(directory, { withFileTypes: true }).find((entry) => entry.isFile());
  return file && join(directory, file.name);
}

/**
 * Puts the new store, which is whole and durable, in place of the old one. Two things must change their names; a journal
 * makes that one step: once it is there every step that is still to do is done, however often it is cut short.
 */
export function swap(dataDir: string, id: string): Swapped {
  const { journal } = salvagePaths(dataDir);
  const writing = `${journal}.new`;
  const bytes = seal({ id });
  const fd = openSync(writing, 'w', 0o600);
  try {
    writeSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(writing, journal);
  syncDirectory(dataDir);
  return finishSwap(dataDir)!;
}

/** Does what is left of a swap; undefined when there is none. */
export function finishSwap(dataDir: string): Swapped | undefined {
  const from = salvagePaths(dataDir);
  if (!existsSync(from.journal)) return undefined;
  const { id } = unseal(readFileSync(from.journal)) as { id: string };
  const to = storePaths(dataDir);
  const swapped = outcome(dataDir, id);
  replace(from.level, to.level, join(swapped.aside, 'store'));
  replace(from.manifest, to.manifest, join(swapped.aside, 'store.manifest'));
  move(to.kept, join(swapped.aside, 'store.kept'));
  move(from.findings, swapped.findings);
  removeTree(from.journal);
  syncDirectory(dataDir);
  removeTree(from.work);
  return swapped;
}

/** The old one goes aside, the new one in its place. Without a new one that has been done. */
function replace(newOne: string, place: string, aside: string): void {
  if (!existsSync(newOne)) return;
  move(place, aside);
  move(newOne, place);
}

function move(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  renameSync(from, to);
  syncDirectory(dirname(to));
  syncDirectory(dirname(from));
}
