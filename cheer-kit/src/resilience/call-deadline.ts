import { asError, CallTimeoutError } from './errors';

/**
 * Runs an operation with a signal that is aborted with CallTimeoutError after `ms` of real time, and with the caller's.
 * Unlike `createTimeout` it does not run ahead: it ends when the operation does, which has to heed its signal.
 */
export async function withDeadline<T>(
  ms: number,
  operation: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = new AbortController();
  const onAbort = (): void => deadline.abort(asError(signal?.reason));
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => deadline.abort(new CallTimeoutError(ms)), ms);
  try {
    return await operation(deadline.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
