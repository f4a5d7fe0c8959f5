/** What a tenant may send, for each kind that is limited. */
export interface QuotaLimits {
  readonly eventsPerSecond?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  /** What was not used within so many seconds may be used at once. */
  readonly burstSeconds: number;
}

/** One limit as the headers of a HTTP answer tell it. */
export interface QuotaReading {
  readonly policy: 'events' | 'bytes';
  /** Most that may be taken at once, and the seconds in which as much comes back. */
  readonly quota: number;
  readonly windowSeconds: number;
  /** What may be taken now. */
  readonly remaining: number;
  /** Seconds until the whole quota is there again. */
  readonly resetSeconds: number;
}

/**
 * A token bucket that starts full. Between two moments `t` seconds apart no more is taken than `rate * t + burst`, with
 * one exception: what is larger than the whole bucket is taken from a full one, and what it lacked has to come back
 * before anything else is taken. Otherwise it never could be.
 */
export class TokenBucket {
  readonly rate: number;
  readonly burst: number;
  readonly #clock: () => number;
  #tokens: number;
  #at: number;

  /** `rate` per second; `clock`: monotonic milliseconds. */
  constructor(rate: number, burst: number, clock: () => number) {
    if (!(rate > 0 && burst > 0)) throw new RangeError(`rate ${rate} and burst ${burst} must be above 0`);
    this.rate = rate;
    this.burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock();
  }

  /** Tokens now; below 0 while more was taken than there was. */
  get tokens(): number {
    const now = this.#clock();
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1000) * this.rate);
    this.#at = now;
    return this.#tokens;
  }

  /** Seconds until so many may be taken; 0 when they may be now. */
  secondsUntil(amount: number): number {
    const missing = Math.min(amount, this.burst) - this.tokens;
    return missing > 0 ? missing / this.rate : 0;
  }

  take(amount: number): void {
    this.#tokens = this.tokens - amount;
  }
}

/** What one tenant may send. */
export class Quota {
  readonly #burstSeconds: number;
  readonly #events: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;

  constructor(limits: QuotaLimits, clock: () => number) {
    const { eventsPerSecond, bytesPerSecond, burstSeconds } = limits;
    this.#burstSeconds = burstSeconds;
    // With room for less than one, nothing could ever be taken but as an exception.
    const bucket = (rate: number | undefined): TokenBucket | undefined =>
      rate === undefined ? undefined : new TokenBucket(rate, Math.max(1, rate * burstSeconds), clock);
    this.#events = bucket(eventsPerSecond);
    this.#bytes = bucket(bytesPerSecond);
  }

  /** Seconds until so much may be sent; 0 when it may be now. */
  secondsUntil(events: number, bytes: number): number {
    return Math.max(this.#events?.secondsUntil(events) ?? 0, this.#bytes?.secondsUntil(bytes) ?? 0);
  }

  take(events: number, bytes: number): void {
    this.#events?.take(events);
    this.#bytes?.take(bytes);
  }

  readings(): QuotaReading[] {
    const read = (policy: QuotaReading['policy'], bucket: TokenBucket | undefined): QuotaReading[] => {
      if (!bucket) return [];
      const { tokens, burst, rate } = bucket;
      return [
        {
          policy,
          quota: Math.floor(burst),
          windowSeconds: burst === 1 ? 1 / rate : this.#burstSeconds,
          remaining: Math.max(0, Math.floor(tokens)),
          resetSeconds: Math.ceil((burst - tokens) / rate),
        },
      ];
    };
    return [...read('events', this.#events), ...read('bytes', this.#bytes)];
  }
}
