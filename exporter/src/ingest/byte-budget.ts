interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * Bytes of events that may be in memory at once, over all transports. Reserve before reading or parsing, release
 * when the event is durable or refused. First come, first served: a large reservation is not starved by small ones.
 *
 * Several holders that each wait for more can block each other for ever, so every wait needs a signal with a deadline.
 */
export class ByteBudget {
  readonly capacity: number;
  #used = 0;
  readonly #waiters: Waiter[] = [];

  constructor(capacity: number) {
    if (!(capacity > 0)) throw new RangeError(`capacity must be a positive number of bytes, not ${capacity}`);
    this.capacity = capacity;
  }

  /** Bytes reserved now. May exceed the capacity by what was charged, and by one reservation larger than it. */
  get used(): number {
    return this.#used;
  }

  /** How many reservations wait. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Takes the bytes at once, or takes nothing and returns false. Never overtakes a waiting reservation. */
  tryReserve(bytes: number): boolean {
    if (this.#waiters.length > 0 || !this.#fits(bytes)) return false;
    this.#used += bytes;
    return true;
  }

  /** Takes the bytes of something that is there already, room or not: what comes next waits the longer. */
  charge(bytes: number): void {
    this.#used += bytes;
  }

  /** Resolves when the bytes are taken; rejects with the signal's reason, holding nothing. */
  reserve(bytes: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.tryReserve(bytes)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
        this.#grantNext(); // the one that gave up may have been all that kept smaller ones waiting
      };
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Gives bytes back and lets the next in line go on. */
  release(bytes: number): void {
    if (bytes > this.#used)
      throw new RangeError(`released ${bytes} bytes, but only ${this.#used} are reserved`);
    this.#used -= bytes;
    this.#grantNext();
  }

  #fits(bytes: number): boolean {
    // Something larger than the whole budget must not wait for ever: it goes alone.
    return this.#used + bytes <= this.capacity || this.#used === 0;
  }

  #grantNext(): void {
    for (let next = this.#waiters[0]; next && this.#fits(next.bytes); next = this.#waiters[0]) {
      this.#waiters.shift();
      this.#used += next.bytes;
      next.grant();
    }
  }
}
