import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { messageOf, SelfcheerError } from '../../errors';
import type { Rejection } from './row';

const namedAtMost = 10;

/** Keeps the first few rejected rows for the summary and writes all of them, one JSON a line, to a file if asked. */
export class Rejects {
  readonly first: Rejection[] = [];
  count = 0;
  readonly #file: WriteStream | undefined;
  #error: Error | undefined;

  /** @param append Goes on in the file of the run that this one continues. */
  constructor(path: string | undefined, append: boolean) {
    this.#file =
      path === undefined ? undefined : createWriteStream(path, { flags: append ? 'a' : 'w', mode: 0o600 });
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
