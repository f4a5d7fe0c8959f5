import { setTimeout as sleep } from 'node:timers/promises';

export interface Waited<T> {
  readonly value: T;
  /** From the call to the look that succeeded. */
  readonly seconds: number;
}

/**
 * Looks again and again until `look` gives something true; while it rejects (a process that is just starting), too.
 * Rejects after `withinMs`, naming what it waited for and what it saw last. The clock is monotonic.
 */
export async function waitFor<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  everyMs = 50,
): Promise<Waited<T>> {
  const began = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined && value !== false)
        return { value, seconds: (performance.now() - began) / 1000 };
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() - began > withinMs) {
      throw new Error(`not within ${withinMs / 1000} s: ${what}`, { cause: last });
    }
    await sleep(everyMs);
  }
}
