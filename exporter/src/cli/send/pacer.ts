import type { Clock } from './clock';

/**
 * Spaces events evenly at a rate. After a pause (a slow source, a service that was away) it does not catch up: the
 * rate is a ceiling and not an average.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #spacingMs: number;
  #next: number;

  /** @param perSecond Events a second; above 0. */
  constructor(perSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#spacingMs = 1000 / perSecond;
    this.#next = clock.now();
  }

  /** A promise to wait for when the next event is not due yet. Timers are coarse, so a few milliseconds pass as due. */
  take(signal: AbortSignal): Promise<void> | undefined {
    const now = this.#clock.now();
    this.#next = Math.max(this.#next, now - timerSlackMs) + this.#spacingMs;
    const early = this.#next - this.#spacingMs - now;
    return early > timerSlackMs ? this.#clock.sleep(early, signal) : undefined;
  }
}

const timerSlackMs = 10;
