import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { strFromU8, unzipSync, type Zippable, zipSync } from 'fflate';

/** Permissions of a file in the archive, as Unix has them: -rw-r--r--. */
const fileMode = 0o100644;
const unix = 3;

/** Files by their path in the archive, which has slashes on every system. */
export type Files = ReadonlyMap<string, Uint8Array>;

export interface Packed {
  /** `<id>-<version>.zip` */
  readonly name: string;
  readonly zip: Uint8Array;
}

/**
 * Packs a built plugin as Grafana installs it: one folder, named like the plugin. The same files make the same archive.
 * @throws Error when the folder holds no built plugin.
 */
export function pack(dist: string): Packed {
  const { id, version, updated } = readIdentity(path.join(dist, 'plugin.json'));
  const [year = 0, month = 0, day = 0] = updated.split('-').map(Number);
  const options = { mtime: new Date(year, month - 1, day), os: unix, attrs: fileMode << 16, level: 9 } as const;
  const files: Zippable = {};
  for (const file of filesBelow(dist)) {
    files[`${id}/${file}`] = [readFileSync(path.join(dist, file)), options];
  }
  return { name: `${id}-${version}.zip`, zip: zipSync(files) };
}

export function unpack(zip: Uint8Array): Files {
  const entries = Object.entries(unzipSync(zip)).filter(([name]) => !name.endsWith('/'));
  return new Map(entries);
}

export function textOf(files: Files, name: string): string | undefined {
  const bytes = files.get(name);
  return bytes && strFromU8(bytes);
}

export function digest(algorithm: 'sha1' | 'sha256', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

function readIdentity(file: string): { id: string; version: string; updated: string } {
  const { id, info } = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof id !== 'string' || !/^\d/.test(info?.version) || !/^\d{4}-\d{2}-\d{2}$/.test(info?.updated)) {
    throw new Error(`${file} is not that of a built plugin: run "npm run build" first.`);
  }
  return { id, version: info.version, updated: info.updated };
}
