export interface StandingQueueOptions {
  /** Milliseconds that something may wait; what waits longer stands in a queue. */
  readonly targetMs: number;
  /** Milliseconds for which it must have been so before anything is shed: a burst is over by then. */
  readonly intervalMs: number;
  /** The law takes no more drops than this: there is nothing left to shed, and it must find its way back soon. */
  readonly maxDrops: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/**
 * Tells a standing queue, which only adds delay, from a burst, which a queue is there for. The control law of CoDel
 * (K. Nichols, V. Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012; RFC 8289), told by samples of how long
 * the first in line has waited so far (its sojourn).
 *
 * ```
 *    well -- every sample at or above the target for a whole interval --> shedding, with one drop
 *    shedding, every interval / sqrt(drops):  all samples since the last time at or above the target: one drop more
 *                                             some sample below it: one drop less, never below one
 *    shedding -- every sample below the target for a whole interval --> well
 * ```
 *
 * CoDel drops one packet at a time, which can't keep up with callers that don't slow down. Here a drop is one step
 * further down the list of what is turned away; who uses it turns nothing away while the sojourn is below the target.
 */
export class StandingQueue {
  readonly #options: StandingQueueOptions;
  #drops = 0;
  /** When the sojourn reached the target, and when it fell below it; at any time one of the two is defined. */
  #aboveSince: number | undefined;
  #belowSince: number | undefined;
  /** While shedding: when the law looks next, and whether it was below the target meanwhile. */
  #nextAt = 0;
  #dipped = false;

  /** @throws RangeError unless both times are positive. */
  constructor(options: StandingQueueOptions) {
    const { targetMs, intervalMs } = options;
    if (!(targetMs > 0 && intervalMs > 0)) {
      throw new RangeError(`target ${targetMs} ms and interval ${intervalMs} ms must be above 0`);
    }
    this.#options = options;
  }

  /** Steps that are shed; 0 while there is no standing queue. */
  get drops(): number {
    return this.#drops;
  }

  /** Takes one sample: milliseconds for which the first in line has waited, 0 when nobody waits. */
  sample(sojournMs: number): void {
    const { targetMs, intervalMs, clock } = this.#options;
    const now = clock();
    if (sojournMs < targetMs) {
      this.#aboveSince = undefined;
      this.#belowSince ??= now;
      this.#dipped = true;
      if (now - this.#belowSince >= intervalMs) this.#drops = 0;
    } else {
      this.#belowSince = undefined;
      this.#aboveSince ??= now;
      if (this.#drops === 0 && now - this.#aboveSince >= intervalMs) this.#step(1, now);
    }
    if (this.#drops > 0 && now >= this.#nextAt) {
      this.#step(this.#dipped ? Math.max(1, this.#drops - 1) : this.#drops + 1, now);
    }
  }

  #step(drops: number, now: number): void {
    this.#drops = Math.min(drops, this.#options.maxDrops);
    this.#nextAt = now + this.#options.intervalMs / Math.sqrt(this.#drops);
    this.#dipped = false;
  }
}
