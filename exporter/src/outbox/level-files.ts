import { copyFileSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Names that LevelDB gives its files. */
const levelFile = /^(CURRENT|LOCK|LOG(\.old)?|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp))$/;
/** Those that hold rows. */
const rowFile = /^(\d+)\.(log|ldb|sst)$/;

/** Where the parts of a store lie inside the data directory. */
export function storePaths(dataDir: string): { level: string; manifest: string; kept: string } {
  return {
    level: join(dataDir, 'store'),
    manifest: join(dataDir, 'store.manifest'),
    kept: join(dataDir, 'store.kept'),
  };
}

/** How the directories begin in which a check reads second names of a store's files. */
export function checkingPrefix(level: string): string {
  return `${level}.checking-`;
}

/** Names in a store's directory that LevelDB did not give. */
export function foreignNames(level: string): string[] {
  return readdirSync(level).filter((name) => !levelFile.test(name));
}

/** Regular files of a directory that hold rows; none when there is no such directory. */
export function rowFiles(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.filter((name) => rowFile.test(name) && statSync(join(directory, name)).isFile()).sort();
}

/** A second name for a file, or a copy of it where the file system has no hard links. */
export function linkOrCopy(from: string, to: string): void {
  if (!link(from, to)) copyFileSync(from, to);
}

/** False when the file system can't. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['EPERM', 'ENOTSUP', 'ENOSYS', 'EXDEV', 'EMLINK'].includes(code)) return false;
    throw error;
  }
}

/**
 * Keeps the rows of a store as they are found, under second names, before LevelDB opens it. LevelDB removes a log that it
 * has recovered, whatever it could not read of it, and every table that a shortened MANIFEST does not name: what
 * a refused start leaves would be less than what it found. Costs no space beyond what LevelDB replaces meanwhile.
 *
 * Tables are renamed from .ldb to .sst, the name that LevelDB reads, too, but never writes: behind a shortened MANIFEST
 * it gives a new table the number of one that is there, and would write over it under both of its names.
 *
 * Returns whether `kept` is new. Where an earlier opening was refused or cut short, what that one kept stays.
 */
export function keepFiles(level: string, kept: string): boolean {
  const isNew = makeDirectory(kept);
  for (const name of rowFiles(level)) {
    const steady = steadyName(name);
    if (steady !== name) renameSync(join(level, name), join(level, steady));
    try {
      if (!link(join(level, steady), join(kept, steady))) return isNew;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // ENOENT: a service that runs on it has just removed it; the lock will say so.
      if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
    }
  }
  return isNew;
}

function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The name under which LevelDB reads a table but never writes one. */
export function steadyName(name: string): string {
  return name.replace(/\.ldb$/, '.sst');
}

export function removeTree(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Removes whatever is named like this or longer. */
export function removeAll(prefix: string, except?: string): void {
  const directory = dirname(prefix);
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (name.startsWith(basename(prefix)) && path !== except) removeTree(path);
  }
}
