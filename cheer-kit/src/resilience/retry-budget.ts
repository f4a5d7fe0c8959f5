import { checkRange } from './check';

/** For `RetryBudget`. */
export interface RetryBudgetOptions {
  /** Retries that each call earns, 0 to 1. */
  readonly ratio: number;
  /** Retries that time earns, so that a lone caller is kept going. */
  readonly perSecond: number;
  /** Retries that may be saved up, and what there is at the start. */
  readonly most: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Keeps retries to a share of the calls, so that a failing downstream is not drowned by them: every call earns `ratio`
 * of a retry, and a trickle of `perSecond` keeps a lone caller going. At any time
 * `retries <= most + ratio * calls + perSecond * seconds`. Source: the retry budget of Finagle.
 */
export class RetryBudget {
  private tokens: number;
  private refilledAt: number;

  /** @throws RangeError for options that make no sense. */
  constructor(private readonly options: RetryBudgetOptions) {
    checkRange('retry budget ratio', options.ratio, 0, 1);
    checkRange('retry budget perSecond', options.perSecond, 0);
    checkRange('retry budget most', options.most, 0);
    this.tokens = options.most;
    this.refilledAt = options.now();
  }

  /** A call that is no retry has been made. */
  earn(): void {
    this.add(this.options.ratio);
  }

  /** True when a retry may be made now; it is then paid for. */
  spend(): boolean {
    const now = this.options.now();
    this.add(((now - this.refilledAt) / 1000) * this.options.perSecond);
    this.refilledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  private add(tokens: number): void {
    this.tokens = Math.min(this.options.most, this.tokens + tokens);
  }
}
