import { timeout, TimeoutStrategy } from 'cockatiel';
import { checkRange } from './check';
import { CallTimeoutError } from './errors';

/**
 * Runs operations with a signal that is aborted after `timeoutMs` and with the caller's. Each rejects then at once,
 * with CallTimeoutError or the caller's reason, whether it heeds its signal or not.
 *
 * @throws RangeError when the time makes no sense.
 */
export function createTimeout(
  timeoutMs: number,
): <T>(operation: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal) => Promise<T> {
  // What setTimeout can hold: beyond it, it fires at once.
  checkRange('timeoutMs', timeoutMs, 1, 2 ** 31 - 1);
  const policy = timeout(timeoutMs, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false });
  return async (operation, signal) => {
    signal?.throwIfAborted();
    let attempt: AbortSignal | undefined;
    try {
      return await policy.execute((_, derived) => operation((attempt = derived)), signal);
    } catch (error) {
      // An operation that heeds its signal may reject first, with an AbortError that says nothing.
      if (!attempt?.aborted) throw error;
      throw signal?.aborted ? signal.reason : new CallTimeoutError(timeoutMs);
    }
  };
}
