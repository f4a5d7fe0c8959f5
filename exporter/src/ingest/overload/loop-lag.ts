const periodMs = 20;
/** Rounds that an event waits for: to be read, for its batch to begin, for the look-up and for the write to be noticed. */
const roundsOfAnEvent = 3;
/** Of the time for which others had the processor so much counts all the same: nobody may wait without end. */
const othersShare = 0.1;

/**
 * How much work of this process an event waits for, in milliseconds. What has come over the network is read once in a
 * round of the event loop, so a round takes as long as everything that waited for it. It is timed from a timer to the
 * immediate that it sets, between which all of it stands. Asked in the middle of a round it tells how long that one has
 * taken.
 *
 * Of a round counts what this process had of the processor, and hardly the time for which others had it: then rounds are
 * long without a queue, and turning callers away would not make them shorter. See the note on the overload signal in
 * docs/decisions.
 */
export class LoopLag {
  readonly #clock: () => number;
  readonly #processorMs: () => number;
  readonly #onRound: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fired last, and whether the round that began then is still going on. */
  #from: number;
  #processorFrom: number;
  #within = false;
  #roundMs = 0;

  /**
   * `clock`: monotonic milliseconds; `processorMs`: milliseconds of processor time that all threads of this process have
   * had. `onRound` is called every 20 ms, or as soon after as the loop allows.
   */
  constructor(clock: () => number, processorMs: () => number, onRound: () => void) {
    this.#clock = clock;
    this.#processorMs = processorMs;
    this.#onRound = onRound;
    this.#from = clock();
    this.#processorFrom = processorMs();
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#begin(), periodMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#roundMs = 0;
  }

  read(): number {
    if (this.#timer === undefined) return 0;
    const since = this.#clock() - this.#from - (this.#within ? 0 : periodMs);
    const standing = since > this.#roundMs ? this.#counts(since) : 0;
    return roundsOfAnEvent * Math.max(this.#roundMs, standing);
  }

  #begin(): void {
    this.#from = this.#clock();
    this.#processorFrom = this.#processorMs();
    this.#within = true;
    setImmediate(() => this.#end());
  }

  #end(): void {
    this.#within = false;
    this.#roundMs = this.#counts(this.#clock() - this.#from);
    this.#onRound();
  }

  /** What counts of so many milliseconds up to now. All threads work, so it may be more than they are. */
  #counts(ms: number): number {
    return Math.min(ms, Math.max(this.#processorMs() - this.#processorFrom, othersShare * ms));
  }
}
