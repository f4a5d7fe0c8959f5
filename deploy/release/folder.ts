import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { UsageError } from './project';

export const sumsFile = 'SHA256SUMS';

export interface ReleaseFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A folder that comes to be whole or not at all: a release that failed half way must not look like one. */
export class ReleaseFolder {
  /** Where it is made. */
  readonly path: string;

  /** @throws UsageError when there is something else where it shall be. */
  constructor(private readonly target: string) {
    const there = existsSync(target) ? names(target) : [];
    if (there === undefined) throw new UsageError(`${target} is no folder`);
    if (there.length > 0 && !there.includes(sumsFile))
      throw new UsageError(
        `${target} holds something else (${there[0]}): empty it, or name another folder by --out`,
      );
    this.path = `${path.resolve(target)}.${process.pid}.partial`;
    mkdirSync(this.path, { recursive: true });
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.path, name), text);
  }

  /** What is in it so far, by name. */
  files(): readonly ReleaseFile[] {
    return readdirSync(this.path)
      .sort()
      .map((name) => {
        const file = path.join(this.path, name);
        return { name, bytes: statSync(file).size, sha256: sha256Of(file) };
      });
  }

  /** Adds the sums of all that is in it, as sha256sum reads them, and puts it in its place, instead of an earlier one. */
  finish(): void {
    this.write(
      sumsFile,
      this.files()
        .map(({ name, sha256 }) => `${sha256}  ${name}\n`)
        .join(''),
    );
    rmSync(this.target, { recursive: true, force: true });
    renameSync(this.path, this.target);
  }

  /** Removes what was made, unless it is finished. */
  discard(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function names(folder: string): readonly string[] | undefined {
  return statSync(folder).isDirectory() ? readdirSync(folder) : undefined;
}
