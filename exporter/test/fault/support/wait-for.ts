import { setTimeout as sleep } from 'node:timers/promises';
import type { ExporterProcess } from '../../../../e2e/helpers/exporter-process';

/** What `/api/v1/cheer` says, as far as rows look at it. */
export interface Cheer {
  readonly state: 'warming' | 'green' | 'yellow' | 'red' | 'disabled';
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
}

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

export async function readJson<T>(exporter: ExporterProcess, where: string): Promise<T> {
  return (await (await exporter.admin(where)).json()) as T;
}

export function readCheer(exporter: ExporterProcess): Promise<Cheer> {
  return readJson<Cheer>(exporter, '/api/v1/cheer');
}

/** Waits until the verdict is one of these states. */
export async function waitForState(
  exporter: ExporterProcess,
  states: readonly Cheer['state'][],
  withinMs: number,
): Promise<Waited<Cheer>> {
  let seen: Cheer | undefined;
  try {
    return await waitFor(states.join(' or '), withinMs, async () => {
      seen = await readCheer(exporter);
      return states.includes(seen.state) && seen;
    });
  } catch (error) {
    throw new Error(`never ${states.join(' or ')}, but ${JSON.stringify(seen)}\n${exporter.log}`, {
      cause: error,
    });
  }
}

/** Waits until `/readyz` says yes. */
export function waitForReady(exporter: ExporterProcess, withinMs = 10_000): Promise<Waited<true>> {
  return waitFor('ready', withinMs, async () => (await exporter.admin('/readyz')).ok && true);
}
