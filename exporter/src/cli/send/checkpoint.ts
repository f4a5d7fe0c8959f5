import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { messageOf, SelfcheerError, UsageError } from '../../errors';
import type { Mark } from './ledger';

const schema = z.strictObject({
  version: z.literal(1),
  options: z.record(z.string(), z.string()),
  rows: z.number().int().nonnegative(),
  rejected: z.number().int().nonnegative(),
  digest: z.string(),
});

/** The file that lets a run that ended early be continued. Written whole and synced: it never tells half the truth. */
export class Checkpoint {
  readonly #path: string;
  readonly #options: Readonly<Record<string, string>>;

  /** @param options What makes the events of a row: with others, other events would come of the rows that are left. */
  constructor(path: string, options: Readonly<Record<string, string | undefined>>) {
    this.#path = path;
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.#options = Object.fromEntries(given) as Record<string, string>;
  }

  /** Where the earlier run ended, if there was one. Throws UsageError when it was another job. */
  load(): Mark | undefined {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new UsageError(`Can't read the checkpoint ${this.#path}: ${messageOf(error)}`, { cause: error });
    }
    const saved = parse(text);
    if (saved === undefined) throw this.#unusable('it is not a checkpoint');
    const differs = [...new Set([...Object.keys(saved.options), ...Object.keys(this.#options)])].find(
      (name) => saved.options[name] !== this.#options[name],
    );
    if (differs !== undefined) {
      const [was, is] = [saved.options[differs], this.#options[differs]].map((value) => value ?? 'none');
      throw this.#unusable(`it was made with another ${differs} (${was}, now ${is})`);
    }
    return { rows: saved.rows, rejected: saved.rejected, digest: saved.digest };
  }

  /** Throws UsageError when it can't be written: better before the first row than after the last one it would hold. */
  checkWritable(): void {
    const temporary = this.#temporary();
    try {
      closeSync(openSync(temporary, 'w', 0o600));
      rmSync(temporary);
    } catch (error) {
      throw new UsageError(`Can't write the checkpoint ${this.#path}: ${messageOf(error)}`, { cause: error });
    }
  }

  save(mark: Mark): void {
    const temporary = this.#temporary();
    try {
      const file = openSync(temporary, 'w', 0o600);
      writeSync(file, JSON.stringify({ version: 1, options: this.#options, ...mark }));
      fsyncSync(file);
      closeSync(file);
      renameSync(temporary, this.#path);
      const directory = openSync(dirname(this.#path), 'r');
      fsyncSync(directory);
      closeSync(directory);
    } catch (error) {
      const text = `Can't write the checkpoint ${this.#path}: ${messageOf(error)}`;
      throw new SelfcheerError('checkpoint', text, { cause: error });
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }

  /** The rows that the earlier run sent are not those that stand there now. */
  changed(): UsageError {
    return this.#unusable('the source has changed since');
  }

  #temporary(): string {
    return `${this.#path}.new`;
  }

  #unusable(why: string): UsageError {
    return new UsageError(`Can't go on from ${this.#path}: ${why}. Remove it to start from the first row.`);
  }
}

function parse(text: string): z.infer<typeof schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
