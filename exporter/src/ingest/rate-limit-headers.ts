import type { QuotaReading } from './quota';

/** What each policy counts; the draft knows `content-bytes`, ours are events where it knows requests only. */
const units = { events: 'events', bytes: 'content-bytes' } as const;

/**
 * `RateLimit-Policy` and `RateLimit` as structured fields (draft-ietf-httpapi-ratelimit-headers-10): q and r in the unit
 * qu, w and t in seconds. So `"events";q=1000;qu="events";w=10` and `"events";r=730;t=3`.
 */
export function rateLimitHeaders(readings: readonly QuotaReading[]): Record<string, string> {
  const policy: string[] = [];
  const limit: string[] = [];
  for (const { policy: name, quota, windowSeconds, remaining, resetSeconds } of readings) {
    policy.push(`"${name}";q=${quota};qu="${units[name]}";w=${Math.ceil(windowSeconds)}`);
    limit.push(`"${name}";r=${remaining};t=${resetSeconds}`);
  }
  return { 'ratelimit-policy': policy.join(', '), ratelimit: limit.join(', ') };
}
