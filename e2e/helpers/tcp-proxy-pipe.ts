import type { Socket } from 'node:net';

/** What becomes of bytes in one direction: passed on, or swallowed while the connection stays open. */
export type Flow = 'pass' | 'swallow';

/** One direction of a connection. Bytes arrive late by the delay of when they came, and in their order. */
export class Pipe {
  readonly #late: { readonly bytes: Buffer; readonly at: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly to: Socket,
    /** Milliseconds. */
    private readonly delay: () => number,
  ) {}

  write(bytes: Buffer): void {
    const delay = this.delay();
    if (delay === 0 && this.#late.length === 0) {
      this.to.write(bytes);
      return;
    }
    this.#late.push({ bytes, at: performance.now() + delay });
    this.#timer ??= setTimeout(this.#deliver, delay);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#late.length = 0;
  }

  readonly #deliver = (): void => {
    this.#timer = undefined;
    let next = this.#late[0];
    for (; next && next.at <= performance.now(); next = this.#late[0]) {
      this.to.write(next.bytes);
      this.#late.shift();
    }
    if (next) this.#timer = setTimeout(this.#deliver, Math.max(1, next.at - performance.now()));
  };
}
