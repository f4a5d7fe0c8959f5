import { BreakerOpenError, BulkheadFullError, isTransientStatus, KitError } from './errors';
import type { CallResult } from './events';

/** Codes of Node and undici for which nothing can have reached the other side. */
const neverArrived = new Set([
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes for which nobody knows what the other side did. */
const unanswered = new Set([
  'call_timeout',
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** `fetch` wraps what really happened, and so do others: it is looked for this deep. */
const deepestCause = 5;

/** The attempt's end as metrics count it. */
export function callResultOf(error: unknown): Exclude<CallResult, 'success'> {
  if (nothingTried(error)) return 'unavailable';
  return transientResultOf(error) ?? 'refused';
}

/**
 * True when the same call may well succeed later: the network failed, there was no answer in time, nobody to call, or
 * an HTTP status (`error.status`) of 408, 429, 502, 503 or 504. Only this is retried and only this is a failure of the
 * downstream: who answers 404 is in good health. Not what breaker or bulkhead refused, retriable as it is: that says
 * nothing new about the downstream, and an attempt right after it would be refused as well.
 */
export function isTransient(error: unknown): boolean {
  return transientResultOf(error) !== undefined;
}

function transientResultOf(error: unknown, depth = 0): 'ambiguous' | 'unavailable' | undefined {
  if (typeof error !== 'object' || error === null || depth > deepestCause) return undefined;
  if (nothingTried(error)) return undefined;
  if (error instanceof KitError && error.code !== 'call_timeout') {
    return error.retriable ? 'unavailable' : undefined;
  }
  if ('status' in error && typeof error.status === 'number') {
    return isTransientStatus(error.status) ? 'unavailable' : undefined;
  }
  if ('code' in error && typeof error.code === 'string') {
    if (neverArrived.has(error.code)) return 'unavailable';
    if (unanswered.has(error.code)) return 'ambiguous';
  }
  // What AbortSignal.timeout() aborts with; a plain abort is the caller's wish and no failure.
  if ('name' in error && error.name === 'TimeoutError') return 'ambiguous';
  return 'cause' in error ? transientResultOf(error.cause, depth + 1) : undefined;
}

function nothingTried(error: unknown): boolean {
  return error instanceof BreakerOpenError || error instanceof BulkheadFullError;
}
