import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for what must come about. The limit, in milliseconds, only bounds a failing test, so it is shorter than Jest's
 * own, which could not say what was missing. An error of the condition ends it at once.
 */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 4_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms in vain for ${condition.toString()}`);
    await sleep(5);
  }
}
