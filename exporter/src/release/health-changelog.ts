import { access, constants, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SelfcheerError, messageOf } from '../errors';
import { flagSection, releaseSection, runLine } from './changelog-sections';
import type { FlagChange } from './flag-change';
import type { VerifyDocument } from './verify-document';

const heading = `# Health changelog

Each attempt of a release at its gate, failed ones too, and each change of a feature flag. Newest on top.
`;

/** A writer holds the lock for milliseconds: what is not touched for so long was left by one that died. */
const staleMs = 10_000;
/** Waits 50 ms, 100 ms and so on, about 12 s in all: longer than it takes until a lock is stale. */
const tries = { retries: 20, minTimeout: 50, maxTimeout: 1_000, factor: 1.5, randomize: true };
const mostBytes = 16 * 1024 * 1024;

/**
 * HEALTH_CHANGELOG.md: one section for each attempt and each change of a flag, put above those before. The file is
 * replaced in one step, so that a reader or a crash finds the old one or the new one; a lock (a directory beside it,
 * `<file>.lock`) keeps the sections of two writers. What people write into it stays.
 */
export class HealthChangelog {
  constructor(private readonly file: string) {}

  /**
   * Adds an attempt. Does nothing when its run is there already.
   *
   * @throws SelfcheerError `changelog` when it can't be written
   */
  addRelease(document: VerifyDocument): Promise<void> {
    return this.put(releaseSection(document), runLine(document.run));
  }

  /** @throws SelfcheerError `changelog` when it can't be written */
  addFlagChange(change: FlagChange): Promise<void> {
    return this.put(flagSection(change));
  }

  private async put(section: string, unlessThere?: string): Promise<void> {
    try {
      // A link stays one: what it leads to is replaced.
      const file = await realpath(this.file).catch(() => this.file);
      // A device in its place (/dev/null) would be replaced, too, by one who may.
      const found = await stat(file).catch(() => undefined);
      if (found && !found.isFile()) throw new Error('it is no file');
      // Told at once: the lock would try for long. The dot is for what is no folder.
      await access(`${dirname(file)}/.`, constants.W_OK);
      // Loaded only now: it listens to the signals of the process from then on.
      const { lock } = await import('proper-lockfile');
      let lost: Error | undefined;
      const release = await lock(file, {
        ...{ realpath: false, stale: staleMs, retries: tries },
        onCompromised: (error) => (lost = error),
      });
      try {
        const text = await readOr(file, heading);
        if (unlessThere !== undefined && text.split(/\r?\n/).includes(unlessThere)) return;
        await replace(file, withSection(text, section), () => {
          if (lost) throw lost;
        });
      } finally {
        // A lock that was lost can't be given back, and that is no trouble of what was written.
        await release().catch(() => undefined);
      }
    } catch (error) {
      const todo = 'Is its folder there, and writable? Name another file with --changelog.';
      throw new SelfcheerError('changelog', `${this.file} was not written: ${messageOf(error)}. ${todo}`, {
        retriable: true,
        cause: error,
      });
    }
  }
}

/** Above the first section, below whatever stands at the top. */
function withSection(text: string, section: string): string {
  const first = /^## /m.exec(text)?.index ?? text.length;
  const above = text.slice(0, first).replace(/\s*$/, '\n');
  const below = text.slice(first);
  return `${above}\n${section}${below === '' ? '' : `\n${below}`}`;
}

async function readOr(file: string, otherwise: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > mostBytes) throw new Error(`it has more than ${mostBytes} bytes: move it aside`);
    const text = await readFile(file, 'utf8');
    return text.trim() === '' ? otherwise : text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}

/** @param check called at the last moment; what it throws keeps the old file */
async function replace(file: string, text: string, check: () => void): Promise<void> {
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => 0o644,
  );
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    const handle = await open(temporary, 'w', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    check();
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
