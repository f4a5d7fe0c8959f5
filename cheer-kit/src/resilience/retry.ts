import { setTimeout as sleep } from 'node:timers/promises';
import { checkCount, checkRange } from './check';
import { asError } from './errors';
import { retryAfterOf } from './retry-after';
import type { RetryBudget } from './retry-budget';
import { isTransient } from './transient';

/** For `createRetry`. */
export interface RetryOptions {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  /** Milliseconds: the bound of the first delay, which doubles with each retry up to `maxMs`. */
  readonly minMs: number;
  readonly maxMs: number;
  readonly budget: RetryBudget;
  /** What is worth another attempt; `isTransient` when absent. */
  readonly retryable?: (error: Error) => boolean;
  /** Told before each wait; `attempt` is the one that comes after it. */
  readonly onRetry?: (retry: { attempt: number; delaySeconds: number; error: Error }) => void;
  /** 0 up to 1; Math.random when absent. */
  readonly random?: () => number;
}

/**
 * Tries an idempotent operation again while its failure is transient, the budget allows it and the signal is not
 * aborted. Delays are exponential with full jitter, or what the downstream's Retry-After asks for, at most `maxMs`; they
 * pass in real time, whatever the clock of the budget.
 * cockatiel's retry can't be aborted while it waits, hence a loop of our own.
 */
export interface Retry {
  /**
   * `attempt` counts from 1. Rejects with the last attempt's error; a signal that is aborted while it waits rejects
   * with the signal's reason.
   */
  run<T>(operation: (attempt: number) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/**
 * Milliseconds before attempt `attempt` (2 or more), between 0 and the bound.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function fullJitter(
  attempt: number,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
  random: () => number = Math.random,
): number {
  return random() * Math.min(maxMs, minMs * 2 ** (attempt - 2));
}

/** @throws RangeError for options that make no sense. */
export function createRetry(options: RetryOptions): Retry {
  const { attempts, minMs, maxMs, budget, retryable = isTransient, onRetry, random } = options;
  checkCount('retry attempts', attempts, 1);
  checkRange('retry maxMs', maxMs, 0);
  checkRange('retry minMs', minMs, 0, maxMs);

  return {
    async run(operation, signal) {
      budget.earn();
      for (let attempt = 1; ;) {
        try {
          return await operation(attempt);
        } catch (thrown) {
          const error = asError(thrown);
          if (attempt >= attempts || signal?.aborted || !retryable(error) || !budget.spend()) throw thrown;
          attempt += 1;
          const asked = (retryAfterOf(error) ?? 0) * 1000;
          const delay = Math.min(maxMs, Math.max(asked, fullJitter(attempt, options, random)));
          onRetry?.({ attempt, delaySeconds: delay / 1000, error });
          await wait(delay, signal);
        }
      }
    },
  };
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    throw signal?.aborted ? signal.reason : error;
  });
}
