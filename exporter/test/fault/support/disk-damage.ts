import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Does something to the files of a store that no process has open. */
export type Damage = (dataDir: string) => void;

type Pick = (dataDir: string) => string;

const newest =
  (pattern: RegExp): Pick =>
  (dataDir) => {
    const store = path.join(dataDir, 'store');
    const names = readdirSync(store).filter((name) => pattern.test(name));
    // The one with the most in it: an empty one that is damaged is none.
    const [largest] = names.sort((a, b) => sizeIn(store, b) - sizeIn(store, a));
    if (largest === undefined) throw new Error(`no file like ${pattern} in ${store}`);
    return path.join(store, largest);
  };

function sizeIn(directory: string, name: string): number {
  return statSync(path.join(directory, name)).size;
}

const log = newest(/\.log$/);
const table = newest(/\.(ldb|sst)$/);
const levelManifest = newest(/^MANIFEST-/);
const current = newest(/^CURRENT$/);
const ownManifest: Pick = (dataDir) => path.join(dataDir, 'store.manifest');

const shorten =
  (file: Pick): Damage =>
  (dataDir) =>
    truncateSync(file(dataDir), Math.floor(statSync(file(dataDir)).size / 2));
const empty =
  (file: Pick): Damage =>
  (dataDir) =>
    truncateSync(file(dataDir), 0);
const remove =
  (file: Pick): Damage =>
  (dataDir) =>
    rmSync(file(dataDir));
const replace =
  (file: Pick): Damage =>
  (dataDir) =>
    writeFileSync(file(dataDir), "This is another program's file.\n".repeat(500));

/** Flips all bits of one byte in the middle, and of one in each `everyBytes` when given. */
const flip =
  (file: Pick, everyBytes?: number): Damage =>
  (dataDir) => {
    const bytes = readFileSync(file(dataDir));
    const step = everyBytes ?? bytes.length;
    for (let at = everyBytes === undefined ? step >> 1 : 40; at < bytes.length; at += step)
      bytes[at]! ^= 0xff;
    writeFileSync(file(dataDir), bytes);
  };

/** Each kind of damage that a store must not hide. */
export const damages: readonly (readonly [what: string, damage: Damage])[] = [
  ['log cut in half', shorten(log)],
  ['log with a flipped byte', flip(log)],
  ['empty log', empty(log)],
  ['log lost', remove(log)],
  ['log of another program', replace(log)],
  ['table cut in half', shorten(table)],
  ['table with a flipped byte', flip(table)],
  ['empty table', empty(table)],
  ['table lost', remove(table)],
  ['table of another program', replace(table)],
  ['MANIFEST cut in half', shorten(levelManifest)],
  ['MANIFEST with a flipped byte', flip(levelManifest)],
  ['empty MANIFEST', empty(levelManifest)],
  ['MANIFEST lost', remove(levelManifest)],
  ['CURRENT lost', remove(current)],
  ['empty CURRENT', empty(current)],
  ['CURRENT of another program', replace(current)],
  ['own manifest lost', remove(ownManifest)],
  ['own manifest empty', empty(ownManifest)],
  ['own manifest with flipped bytes', flip(ownManifest, 128)],
  ['own manifest of another program', replace(ownManifest)],
];
