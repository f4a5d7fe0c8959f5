import { once } from 'node:events';
import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { messageOf, SelfcheerError, UsageError } from '../../errors';
import type { Rejection } from './row';

const namedAtMost = 10;

/** Keeps the first few rejected rows for the summary and writes all of them, one JSON a line, to a file if asked. */
export class Rejects {
  readonly first: Rejection[] = [];
  count = 0;
  readonly #file: WriteStream | undefined;
  #error: Error | undefined;

  /**
   * @param append Goes on in the file of the run that this one continues.
   * @throws UsageError when the file can't be written.
   */
  constructor(path: string | undefined, append: boolean) {
    this.#file = path === undefined ? undefined : openFile(path, append ? 'a' : 'w');
    this.#file?.on('error', (error) => (this.#error ??= error));
  }

  add(rejection: Rejection): void {
    this.count += 1;
    if (this.first.length < namedAtMost) this.first.push(rejection);
    const { ordinal, line, code, detail, text } = rejection;
    this.#file?.write(`${JSON.stringify({ ordinal, line, code, detail, row: text })}\n`);
  }

  /** A promise to wait for when the file does not keep up; rejects when it can't be written. */
  pressure(): Promise<unknown> | undefined {
    this.#check();
    return this.#file?.writableNeedDrain === true ? once(this.#file, 'drain') : undefined;
  }

  async close(): Promise<void> {
    if (this.#file === undefined) return;
    if (!this.#file.destroyed) await new Promise<void>((resolve) => this.#file?.end(() => resolve()));
    this.#check();
  }

  #check(): void {
    if (this.#error === undefined) return;
    throw new SelfcheerError('rejects', `Can't write the --rejects file: ${messageOf(this.#error)}`, {
      cause: this.#error,
    });
  }
}

/** Opened at once: what is wrong with the path is said before the first row is sent. */
function openFile(path: string, flags: 'a' | 'w'): WriteStream {
  try {
    return createWriteStream(path, { fd: openSync(path, flags, 0o600) });
  } catch (error) {
    throw new UsageError(`Can't write the --rejects file ${path}: ${messageOf(error)}`, { cause: error });
  }
}
