import { BrokenCircuitError, circuitBreaker, CircuitState, handleType, type IBackoff } from 'cockatiel';
import { systemClock, type Clock } from '../clock';
import { Emitter } from '../emitter';
import type { BreakerState } from '../verdict';
import type { BreakerWindow } from './breaker-window';
import { checkRange } from './check';
import { BreakerOpenError } from './errors';
import { isTransient } from './transient';

/** For `Breaker`. */
export interface BreakerOptions {
  /** Of what it guards; for the error. */
  readonly name: string;
  /** Decides when it opens: `callWindow` or `sourceWindow`. */
  readonly window: BreakerWindow;
  /** How long it stays open the first time; doubles with each failed probe. */
  readonly sleepSeconds: number;
  readonly maxSleepSeconds: number;
  /** What counts as a failure of what it guards; `isTransient` when absent. */
  readonly isFailure?: (error: unknown) => boolean;
  readonly clock?: Clock;
}

/** For one call through a `Breaker`. */
export interface BreakerCall {
  /** A probe that it has aborted does not close the breaker, whatever it rejects with. */
  readonly signal?: AbortSignal | undefined;
  /** For a `sourceWindow`. */
  readonly source?: string | number;
}

/** Passed through cockatiel for what counts, so that everything else passes untouched. */
class CountedFailure extends Error {
  constructor(override readonly cause: unknown) {
    super('counted');
  }
}

const states: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
};

/**
 * A circuit breaker.
 *
 * ```
 *            the window has tripped             the sleep is over and a call comes: it is the probe
 *   closed ------------------------> open <-----------------------------------------------> half_open
 *      ^                                          the probe failed: sleep twice as long         |
 *      +----------------------------------------------------------------------------------------+
 *                                    the probe did not fail: window and sleep begin anew
 * ```
 *
 * There is never more than one probe: while it is under way, other calls are refused at once, and calls from before it
 * opened no longer count when they end. The operation must end in bounded time, or a probe holds it half open for ever.
 * Source: M. Nygard, "Release It!"; the machine is cockatiel's.
 */
export class Breaker {
  private readonly policy;
  private readonly emitter = new Emitter<BreakerState>();
  private readonly isFailure: (error: unknown) => boolean;
  /** Grows each time that it opens. */
  private openings = 0;

  /** @throws RangeError for options that make no sense. */
  constructor(private readonly options: BreakerOptions) {
    const { window, sleepSeconds, maxSleepSeconds, clock = systemClock } = options;
    checkRange('breaker maxSleepSeconds', maxSleepSeconds, 0);
    checkRange('breaker sleepSeconds', sleepSeconds, 0, maxSleepSeconds);
    this.isFailure = options.isFailure ?? isTransient;
    this.policy = circuitBreaker(handleType(CountedFailure), {
      halfOpenAfter: { next: () => sleeping(sleepSeconds * 1000, maxSleepSeconds * 1000, clock) },
      breaker: {
        state: undefined,
        success: () => undefined,
        failure: (state) => state !== CircuitState.Closed || window.tripped(),
      },
    });
    this.policy.onBreak(() => void (this.openings += 1));
    this.policy.onReset(() => window.reset());
    this.policy.onStateChange((state) => this.emitter.emit(states[state]));
  }

  get state(): BreakerState {
    return states[this.policy.state];
  }

  /** Returns the unsubscribe. */
  subscribe(listener: (state: BreakerState) => void): () => void {
    return this.emitter.subscribe(listener);
  }

  /** Rejects with what the operation rejects with, or with BreakerOpenError when nothing was tried. */
  async run<T>(operation: () => Promise<T>, { signal, source }: BreakerCall = {}): Promise<T> {
    // cockatiel would have it wait for the probe's end, which no signal could cut short.
    if (this.state === 'half_open') throw new BreakerOpenError(this.options.name);
    const probing = this.state === 'open';
    const begunIn = this.openings;
    try {
      return await this.policy.execute(async () => {
        try {
          const value = await operation();
          if (begunIn === this.openings) this.options.window.record(true, source);
          return value;
        } catch (error) {
          if (begunIn !== this.openings) throw error;
          if (!this.isFailure(error) && !(probing && signal?.aborted)) throw error;
          this.options.window.record(false, source);
          throw new CountedFailure(error);
        }
      });
    } catch (error) {
      if (error instanceof CountedFailure) throw error.cause;
      if (error instanceof BrokenCircuitError) throw new BreakerOpenError(this.options.name);
      throw error;
    }
  }
}

/** cockatiel holds the wall clock against the duration; this one is over when the monotonic clock says so. */
function sleeping(ms: number, maxMs: number, clock: Clock): IBackoff<unknown> {
  const until = clock.monotonic() + ms;
  return {
    get duration() {
      return clock.monotonic() < until ? Infinity : -Infinity;
    },
    next: () => sleeping(Math.min(maxMs, ms * 2), maxMs, clock),
  };
}
