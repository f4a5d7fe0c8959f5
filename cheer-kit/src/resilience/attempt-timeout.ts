import { checkRange } from './check';
import { asError, CallTimeoutError } from './errors';

/** What setTimeout can hold: beyond it, it fires at once. */
export const longestTimeoutMs = 2 ** 31 - 1;

/**
 * Runs operations with a signal that is aborted after `timeoutMs` of real time and with the caller's. Each rejects then at once,
 * with CallTimeoutError or the caller's reason, whether it heeds its signal or not.
 *
 * An answer that is there already counts, even when the event loop was too busy to read it in time. cockatiel's timeout
 * does not look, and costs more than a request over loopback itself.
 *
 * @throws RangeError when the time makes no sense.
 */
export function createTimeout(
  timeoutMs: number,
): <T>(operation: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal) => Promise<T> {
  checkRange('timeoutMs', timeoutMs, 1, longestTimeoutMs);
  return async (operation, signal) => {
    signal?.throwIfAborted();
    const attempt = new AbortController();
    let end!: (reason: Error) => void;
    const ended = new Promise<never>((_resolve, reject) => {
      end = (reason) => {
        // First: an operation that heeds its signal may reject with an AbortError, which says nothing.
        reject(reason);
        attempt.abort(reason);
      };
    });
    const onAbort = (): void => end(asError(signal?.reason));
    signal?.addEventListener('abort', onAbort);
    let immediate: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      // Timers come before sockets in the event loop, immediates after them.
      immediate = setImmediate(() => end(new CallTimeoutError(timeoutMs)));
    }, timeoutMs);
    try {
      return await Promise.race([operation(attempt.signal), ended]);
    } finally {
      clearTimeout(timer);
      clearImmediate(immediate);
      signal?.removeEventListener('abort', onAbort);
    }
  };
}
