/**
 * Seconds from now that a Retry-After header asks for, never negative; undefined when absent or malformed. Takes both
 * forms of RFC 9110 §10.2.3: a number of seconds, and an HTTP date, which is held against `now` (epoch milliseconds).
 */
export function parseRetryAfter(value: string | null | undefined, now: number): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const at = / GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now) / 1000);
}

/** What the error's downstream asked for, in seconds. */
export function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('retryAfterSeconds' in error)) return undefined;
  const { retryAfterSeconds } = error;
  return typeof retryAfterSeconds === 'number' && retryAfterSeconds >= 0 ? retryAfterSeconds : undefined;
}
