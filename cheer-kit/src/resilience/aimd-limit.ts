import { systemClock, type Clock } from '../clock';
import { checkCount, checkRange } from './check';
import { Slots } from './slots';

/** For `AimdLimit`. */
export interface AimdOptions {
  /** Operations at the same time, at least and at most; it begins with `max`. */
  readonly min: number;
  readonly max: number;
  /** The limit falls at most once in this time; 1 when absent. */
  readonly windowSeconds?: number;
  /** It falls when more than this share of the window's results is bad; 0.5 when absent. */
  readonly threshold?: number;
  /** Results that a window must hold before a share means anything; 5 when absent. */
  readonly minimumResults?: number;
  /** What is left of the limit when it falls, above 0 and below 1; 0.5 when absent. */
  readonly backoff?: number;
  /**
   * An operation that takes longer gives its slot back meanwhile; its result still counts. Never when absent. In real
   * time, whatever the clock says.
   */
  readonly patienceSeconds?: number;
  /** For the window. */
  readonly clock?: Clock;
}

/** How an operation ended: `neither` says nothing about what it called, such as one that was not tried. */
export type AimdResult = 'good' | 'bad' | 'neither';

/**
 * As many operations at a time as what they call can take: one more for each whole limit of good ones while the limit
 * is used up, half as many when most of a window's results are bad. By shares and not by single failures, so that one
 * bad source among many does not throttle the others. What waits is served first come, first served. With patience, what
 * hangs does not keep the rest waiting: then more than `limit` may be under way.
 *
 * Source: D.-M. Chiu, R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance", 1989. As in
 * TCP, what began before the limit fell does not make it fall again.
 */
export class AimdLimit {
  private readonly slots: Slots;
  private readonly clock: Clock;
  private readonly windowMs: number;
  private readonly patienceMs: number | undefined;
  private readonly options: AimdOptions & { threshold: number; minimumResults: number; backoff: number };
  /** With its fraction; the whole part is what holds. */
  private exact: number;
  private falls = 0;
  private fellInWindow = false;
  /** Monotonic milliseconds. */
  private windowFrom: number;
  private good = 0;
  private bad = 0;

  /** @throws RangeError for options that make no sense. */
  constructor(options: AimdOptions) {
    const { min, max, windowSeconds = 1, threshold = 0.5, minimumResults = 5, backoff = 0.5 } = options;
    checkCount('AIMD max', max, 1);
    checkCount('AIMD min', min, 1, max);
    checkRange('AIMD windowSeconds', windowSeconds, 0.001);
    checkRange('AIMD threshold', threshold, 0, 1);
    checkCount('AIMD minimumResults', minimumResults, 1);
    checkRange('AIMD backoff', backoff, Number.EPSILON, 1 - Number.EPSILON);
    const { patienceSeconds } = options;
    if (patienceSeconds !== undefined) checkRange('AIMD patienceSeconds', patienceSeconds, 0.001, 1_000_000);
    this.patienceMs = patienceSeconds === undefined ? undefined : patienceSeconds * 1000;
    this.options = { ...options, threshold, minimumResults, backoff };
    this.clock = options.clock ?? systemClock;
    this.windowMs = windowSeconds * 1000;
    this.windowFrom = this.clock.monotonic();
    this.exact = max;
    this.slots = new Slots(max);
  }

  get limit(): number {
    return Math.floor(this.exact);
  }

  /** Without those that have given their slot back. */
  get inFlight(): number {
    return this.slots.inUse;
  }

  /**
   * Resolves when the operation may begin, with what must be called once when it has ended. Rejects with the signal's
   * reason when it is aborted before.
   */
  async acquire(signal?: AbortSignal): Promise<(result: AimdResult) => void> {
    await this.slots.acquire(signal);
    const { falls } = this;
    const used = this.slots.inUse >= this.limit;
    let held = true;
    const giveBack = (): void => {
      if (held) this.slots.release();
      held = false;
    };
    const patience = this.patienceMs && setTimeout(giveBack, this.patienceMs);
    return (result) => {
      clearTimeout(patience);
      if (result !== 'neither' && falls === this.falls) this.ended(result === 'good', used);
      giveBack();
    };
  }

  private ended(good: boolean, used: boolean): void {
    const now = this.clock.monotonic();
    if (now - this.windowFrom >= this.windowMs) {
      this.beginWindow(now);
      this.fellInWindow = false;
    }
    if (good) this.good += 1;
    else this.bad += 1;
    const { min, max, threshold, minimumResults, backoff } = this.options;
    const results = this.good + this.bad;
    if (good) {
      if (used) this.exact = Math.min(max, this.exact + 1 / this.limit);
    } else if (!this.fellInWindow && results >= minimumResults && this.bad > threshold * results) {
      this.exact = Math.max(min, this.exact * backoff);
      this.falls += 1;
      this.beginWindow(now);
      this.fellInWindow = true;
    }
    this.slots.resize(this.limit);
  }

  private beginWindow(now: number): void {
    this.windowFrom = now;
    this.good = 0;
    this.bad = 0;
  }
}
