import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '../..');

/** The files of a project, by their path in it; of a changed one in tests. */
export interface Project {
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
}

export function projectIn(folder: string): Project {
  return {
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    write: (file, text) => writeFileSync(join(folder, file), text),
  };
}

/** What stands in the way of a release, and what to do about it. */
export class ReleaseError extends Error {}

/** A call that can't be understood. */
export class UsageError extends Error {}
