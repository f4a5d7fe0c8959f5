import { systemClock, type Clock } from '../clock';
import { Emitter } from '../emitter';
import type { BreakerState } from '../verdict';
import { createTimeout, longestTimeoutMs } from './attempt-timeout';
import { Breaker } from './breaker';
import { callWindow } from './breaker-window';
import { createBulkhead } from './bulkhead';
import { withDeadline } from './call-deadline';
import { checkRange } from './check';
import { asError } from './errors';
import type { CallResult, ResilienceEvent, Server } from './events';
import { createRetry } from './retry';
import { RetryBudget } from './retry-budget';
import { callResultOf } from './transient';

/** For `createDownstream`. All but the name may be absent. */
export interface DownstreamOptions {
  /** From a closed list: it is a label of metrics. */
  readonly name: string;
  /** For spans. */
  readonly server?: Server;
  /** Milliseconds for each attempt; 1,000 when absent. */
  readonly timeoutMs?: number;
  /**
   * Milliseconds for a whole call: after that it waits no more, be it for a slot or for another attempt, and has no
   * answer. What is under way by then still has its `timeoutMs`: cut short, it would count against a downstream whose
   * queue is long and that is otherwise well. No limit when absent.
   */
  readonly deadlineMs?: number;
  readonly bulkhead?: {
    /** Calls at the same time; 16 when absent. */
    readonly slots?: number;
    /** Calls that may wait for a slot; 256 when absent. */
    readonly queue?: number;
  };
  readonly breaker?: {
    /** It opens when more than this share of the calls has failed: at least 0 and below 1; 0.5 when absent. */
    readonly threshold?: number;
    /** Calls that the window must hold before the share means anything; 10 when absent. */
    readonly minimumCalls?: number;
    /** 10 when absent. */
    readonly windowSeconds?: number;
    /** How long it stays open the first time; 0.5 when absent. Doubles with each failed probe. */
    readonly sleepSeconds?: number;
    /** 5 when absent. */
    readonly maxSleepSeconds?: number;
  };
  readonly retry?: {
    /** Attempts in all, the first one included; 3 when absent. 1 means no retry. */
    readonly attempts?: number;
    /** 100 when absent. */
    readonly minMs?: number;
    /** 30,000 when absent. */
    readonly maxMs?: number;
  };
  /** Retries per call that the budget allows; 0.1 when absent. */
  readonly budgetRatio?: number;
  /** For breaker, budget and durations. Timeouts, the deadline and the delays before retries pass in real time. */
  readonly clock?: Clock;
}

/** For one call of a `Downstream`. */
export interface CallOptions<T> {
  /** Ends the whole call, with its retries and waits. */
  readonly signal?: AbortSignal;
  /** Asked when the call has failed for good; undefined means that it has nothing either. */
  readonly fallback?: (error: Error) => T | undefined;
}

/** Something that is called over the network, behind retry, bulkhead, breaker and timeout. */
export interface Downstream {
  readonly name: string;
  readonly breakerState: BreakerState;
  /**
   * Runs the operation; each attempt (counted from 1) gets a signal of its own, aborted at the attempt's timeout and
   * with `options.signal`. Rejects with the last attempt's error, or with BreakerOpenError or BulkheadFullError when
   * nothing was tried, with CallTimeoutError when the deadline ended a wait, or with the reason of `options.signal`.
   */
  call<T>(
    operation: (signal: AbortSignal, attempt: number) => Promise<T>,
    options?: CallOptions<T>,
  ): Promise<T>;
  /** Returns the unsubscribe. */
  subscribe(listener: (event: ResilienceEvent) => void): () => void;
}

/**
 * Everything that a call over the network needs to fail well, from the outside in: retry (transient failures only, full
 * jitter, Retry-After, a budget), bulkhead (slots and a queue), breaker, timeout for each attempt.
 *
 * @throws RangeError for options that make no sense.
 */
export function createDownstream(options: DownstreamOptions): Downstream {
  const { name, deadlineMs, clock = systemClock } = options;
  if (deadlineMs !== undefined) checkRange('deadlineMs', deadlineMs, 1, longestTimeoutMs);
  const emitter = new Emitter<ResilienceEvent>();
  const withTimeout = createTimeout(options.timeoutMs ?? 1_000);
  const bulkhead = createBulkhead({ slots: 16, queue: 256, ...options.bulkhead });
  const { threshold = 0.5, minimumCalls = 10, windowSeconds = 10 } = options.breaker ?? {};
  const { sleepSeconds = 0.5, maxSleepSeconds = Math.max(5, sleepSeconds) } = options.breaker ?? {};
  const window = callWindow({ threshold, minimumCalls, windowSeconds, clock });
  const breaker = new Breaker({ name, window, sleepSeconds, maxSleepSeconds, clock });
  breaker.subscribe((state) => emitter.emit({ type: 'breaker', downstream: name, state }));
  const { minMs = 100, maxMs = Math.max(30_000, minMs), attempts = 3 } = options.retry ?? {};
  const retry = createRetry({
    ...{ attempts, minMs, maxMs },
    budget: new RetryBudget({
      ratio: options.budgetRatio ?? 0.1,
      perSecond: 1,
      most: 10,
      now: () => clock.monotonic(),
    }),
    onRetry: (again) => emitter.emit({ type: 'retry', downstream: name, ...again }),
  });

  async function attempt<T>(
    run: (signal: AbortSignal) => Promise<T>,
    number: number,
    signal: AbortSignal | undefined,
    waiting: AbortSignal | undefined,
  ): Promise<T> {
    let startedAt: number | undefined;
    const ended = (result: CallResult, error?: Error): void =>
      emitter.emit({
        ...{ type: 'call', downstream: name, result, attempt: startedAt === undefined ? 0 : number },
        seconds: startedAt === undefined ? 0 : (clock.monotonic() - startedAt) / 1000,
        ...(options.server && { server: options.server }),
        ...(error && { error }),
      });
    try {
      const value = await bulkhead.run(
        () =>
          breaker.run(
            () => {
              startedAt = clock.monotonic();
              return withTimeout(run, signal);
            },
            { signal },
          ),
        waiting,
      );
      ended('success');
      return value;
    } catch (error) {
      const failure = asError(error);
      if (startedAt !== undefined) ended(signal?.aborted ? 'ambiguous' : callResultOf(failure), failure);
      // Who gave up while waiting for a slot has called nothing, and nothing refused it.
      else if (!signal?.aborted) ended('unavailable', failure);
      throw failure;
    }
  }

  return {
    name,
    get breakerState() {
      return breaker.state;
    },
    subscribe: (listener) => emitter.subscribe(listener),
    async call(operation, { signal, fallback } = {}) {
      const run = (waiting?: AbortSignal) =>
        retry.run((number) => attempt((own) => operation(own, number), number, signal, waiting), waiting);
      try {
        return await (deadlineMs === undefined ? run(signal) : withDeadline(deadlineMs, run, signal));
      } catch (error) {
        const failure = asError(error);
        const instead = fallback?.(failure);
        if (instead === undefined) throw failure;
        emitter.emit({ type: 'fallback', downstream: name, error: failure });
        return instead;
      }
    },
  };
}
