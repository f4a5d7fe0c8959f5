import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { truncateSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { DiskModel, FileNode, NameChange } from './disk-model';

/** What becomes of bytes that were written and never synced; beyond `prefix` a file keeps its length. */
export const tails = ['lost', 'prefix', 'zeros', 'garbage', 'sectors'] as const;
/** What becomes of changed names whose directory was not synced: in order, so all but the newest may be kept. */
export const names = ['undone', 'some', 'kept'] as const;

export interface PowerLoss {
  readonly tail: (typeof tails)[number];
  readonly names: (typeof names)[number];
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

export interface LossFigures {
  readonly bytes: number;
  readonly names: number;
}

const sectorBytes = 512;
/**
 * The embedded sink's segments grow in order: a hole in front of lines that are there would undo the order of a key, which
 * the sink can't tell from damage. Journalling file systems make a file longer only when what is before its end is there.
 */
const lines = /\.ndjson$/;
const numbered = /^(MANIFEST-\d+|\d+\.(log|ldb|sst))$/;

/** Keeps hold of a store's numbered files after they are removed, so that a removal can be undone. */
export class RemovedFiles {
  private watcher: FSWatcher | undefined;

  constructor(
    private readonly directory: string,
    private readonly keep: string,
  ) {}

  get active(): boolean {
    return this.watcher !== undefined;
  }

  /** Begins anew with what is there. */
  start(): void {
    this.stop();
    if (!existsSync(this.directory)) return;
    mkdirSync(this.keep, { recursive: true });
    this.watcher = watch(this.directory, (_event, name) => name !== null && this.hold(name));
    for (const name of readdirSync(this.directory)) this.hold(name);
  }

  private hold(name: string): void {
    const [file, kept] = [path.join(this.directory, name), path.join(this.keep, name)];
    if (!numbered.test(name) || !existsSync(file) || existsSync(kept)) return;
    try {
      linkSync(file, kept);
    } catch {
      // Removed already: that removal can't be undone.
    }
  }

  /** Puts it back; false when it is not held. */
  restore(file: string): boolean {
    const kept = path.join(this.keep, path.basename(file));
    if (!existsSync(path.dirname(file)) || !existsSync(kept)) return false;
    linkSync(kept, file);
    return true;
  }

  stop(): void {
    this.watcher?.close();
    this.watcher = undefined;
    rmSync(this.keep, { recursive: true, force: true });
  }
}

/** Makes of a directory what a loss of power at this moment may leave of it, by the rules of the model. */
export function losePower(model: DiskModel, removed: RemovedFiles, loss: PowerLoss): LossFigures {
  let undone = 0;
  // Inner directories first: their own names may go with the outer ones.
  const directories = [...model.changes].sort(([a], [b]) => b.length - a.length);
  for (const [, changes] of directories) {
    const kept = { undone: 0, some: Math.floor(loss.random() * (changes.length + 1)), kept: changes.length };
    for (let at = changes.length - 1; at >= kept[loss.names]; at--) {
      if (!undo(changes[at]!, model, removed)) break;
      undone += 1;
    }
  }
  let bytes = 0;
  const done = new Set<FileNode>();
  for (const [file, node] of model.files) {
    if (!done.has(node)) bytes += loseContent(file, node, loss);
    done.add(node);
  }
  model.startAgain();
  return { bytes, names: undone };
}

/** False when what was there before can't be brought back: then it, and what came before it, has happened. */
function undo(change: NameChange, model: DiskModel, removed: RemovedFiles): boolean {
  const { kind, path: file } = change;
  switch (kind) {
    case 'create':
      rmSync(file, { force: true });
      model.files.delete(file);
      return true;
    case 'mkdir':
      rmSync(file, { recursive: true, force: true });
      for (const inner of model.files.keys()) if (inner.startsWith(`${file}/`)) model.files.delete(inner);
      return true;
    case 'rmdir':
      mkdirSync(file, { mode: 0o700 });
      return true;
    case 'move':
      renameSync(file, change.from);
      model.move(file, change.from);
      return true;
    case 'unlink':
      if (!removed.restore(file)) return false;
      model.files.set(file, change.node);
      return true;
    case 'rename': {
      const { replaced } = change;
      if (replaced && !replaced.content) return false;
      renameSync(file, change.from);
      model.files.set(change.from, change.node);
      model.files.delete(file);
      if (replaced?.content) {
        writeFileSync(file, replaced.content);
        model.files.set(file, replaced);
      }
      return true;
    }
  }
}

/** How many bytes are no longer what they were. */
function loseContent(file: string, node: FileNode, { tail, random }: PowerLoss): number {
  if (node.versions) return mixVersions(file, node.versions, tail, random);
  const { size } = statSync(file);
  const unsynced = size - node.synced;
  if (unsynced <= 0) return 0;
  let cut = node.synced + Math.floor(random() * unsynced);
  // Stale bytes fill a block that was given to the file, but nobody has seen them in place of a file's very beginning.
  if (tail === 'garbage') cut = Math.min(size, Math.max(cut, sectorBytes));
  if (tail === 'lost' || tail === 'prefix') {
    truncateSync(file, tail === 'lost' ? node.synced : cut);
    return size - statSync(file).size;
  }
  const bytes = readFileSync(file);
  if (tail === 'zeros' || (tail === 'sectors' && lines.test(file))) bytes.fill(0, cut);
  if (tail === 'garbage') for (let at = cut; at < size; at++) bytes[at] = Math.floor(random() * 256);
  if (tail === 'sectors' && !lines.test(file)) {
    for (let at = node.synced; at < size; at = sectorEnd(at)) {
      if (random() < 0.5) bytes.fill(0, at, Math.min(sectorEnd(at), size));
    }
  }
  writeFileSync(file, bytes);
  return size - cut;
}

function sectorEnd(at: number): number {
  return at - (at % sectorBytes) + sectorBytes;
}

/** A file written in place: each sector as it was at the last sync, or after any write since. */
function mixVersions(
  file: string,
  versions: readonly Buffer[],
  tail: PowerLoss['tail'],
  random: () => number,
): number {
  const newest = versions.at(-1)!;
  const oldest = versions[0]!;
  const pick = () => versions[Math.floor(random() * versions.length)]!;
  const whole = tail === 'lost' ? oldest : tail === 'prefix' ? pick() : undefined;
  if (whole) {
    writeFileSync(file, whole);
    return newest.equals(whole) ? 0 : newest.length;
  }
  const mixed = Buffer.from(newest);
  for (let at = 0; at < mixed.length; at += sectorBytes) {
    const sector = pick().subarray(at, at + sectorBytes);
    mixed.fill(0, at, at + sectorBytes);
    sector.copy(mixed, at);
  }
  writeFileSync(file, mixed);
  return mixed.equals(newest) ? 0 : mixed.length;
}
