import { abortable, fullJitter } from '@selfcheer/cheer-kit';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BackoffOptions {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

/** Milliseconds to wait after so many attempts: exponential with full jitter. */
export function backoff({ backoffMinMs, backoffMaxMs }: BackoffOptions, attempts: number): number {
  return fullJitter(attempts + 1, { minMs: backoffMinMs, maxMs: backoffMaxMs });
}

/** False when the deadline came first. */
export async function pause(ms: number, deadline: AbortSignal): Promise<boolean> {
  if (deadline.aborted) return false;
  await sleep(ms, undefined, { signal: deadline }).catch(() => undefined);
  return !deadline.aborted;
}

/** What the promise gives, or undefined when the deadline comes first. */
export function within<T>(promise: Promise<T>, deadline: AbortSignal): Promise<T | undefined> {
  return abortable(promise, deadline).catch((error: unknown) => {
    if (deadline.aborted && error === deadline.reason) return undefined;
    throw error;
  });
}
