/**
 * Keeps retries to a share of the sends, so that a failing sink is not drowned by them: every send earns `ratio` of
 * a retry, and a trickle of `perSecond` keeps a lone sender going. Source: the retry budget of Finagle.
 */
export class RetryBudget {
  private tokens: number;
  private refilledAt: number;

  constructor(
    private readonly options: { ratio: number; perSecond: number; most: number; now: () => number },
  ) {
    this.tokens = options.most;
    this.refilledAt = options.now();
  }

  /** A send that is no retry has been made. */
  earn(): void {
    this.tokens = Math.min(this.options.most, this.tokens + this.options.ratio);
  }

  /** True when a retry may be made now; it is then paid for. */
  spend(): boolean {
    const now = this.options.now();
    this.tokens = Math.min(
      this.options.most,
      this.tokens + ((now - this.refilledAt) / 1000) * this.options.perSecond,
    );
    this.refilledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
