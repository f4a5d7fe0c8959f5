/** Time as everything in the kit sees it, so that tests can drive it. */
export interface Clock {
  /** Epoch milliseconds, for people to read; it may jump. */
  now(): number;
  /** Milliseconds from any start that only grow, for durations and windows. */
  monotonic(): number;
}

/** Time as the system has it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  constructor(
    private epoch = Date.UTC(2025, 0, 1),
    private elapsed = 0,
  ) {}

  now(): number {
    return this.epoch;
  }

  monotonic(): number {
    return this.elapsed;
  }

  /** Moves both clocks forward. */
  advance(seconds: number): void {
    this.epoch += seconds * 1000;
    this.elapsed += seconds * 1000;
  }
}
