const periodMs = 20;
/** Rounds that an event waits for: to be read, for its batch to begin, for the look-up and for the write to be noticed. */
const roundsOfAnEvent = 3;

/**
 * How long an event waits for the processor, in milliseconds. What has come over the network is read once in a round of
 * the event loop, so a round takes as long as everything that waited for it. It is timed from a timer to the immediate
 * that it sets, between which all of it stands. Asked in the middle of a round it tells how long that one has taken.
 */
export class LoopLag {
  readonly #clock: () => number;
  readonly #onRound: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fired last, and whether the round that began then is still going on. */
  #from: number;
  #within = false;
  #roundMs = 0;

  /** `clock`: monotonic milliseconds. `onRound` is called every 20 ms, or as soon after as the loop allows. */
  constructor(clock: () => number, onRound: () => void) {
    this.#clock = clock;
    this.#onRound = onRound;
    this.#from = clock();
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
    return roundsOfAnEvent * Math.max(this.#roundMs, since);
  }

  #begin(): void {
    this.#from = this.#clock();
    this.#within = true;
    setImmediate(() => this.#end());
  }

  #end(): void {
    this.#within = false;
    this.#roundMs = this.#clock() - this.#from;
    this.#onRound();
  }
}
