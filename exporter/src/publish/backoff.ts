import { fullJitter } from '@selfcheer/cheer-kit';
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
export async function within<T>(promise: Promise<T>, deadline: AbortSignal): Promise<T | undefined> {
  if (deadline.aborted) return undefined;
  let give!: (nothing: undefined) => void;
  const late = new Promise<undefined>((resolve) => (give = resolve));
  const giveUp = (): void => give(undefined);
  deadline.addEventListener('abort', giveUp);
  try {
    return await Promise.race([promise, late]);
  } finally {
    deadline.removeEventListener('abort', giveUp);
  }
}
