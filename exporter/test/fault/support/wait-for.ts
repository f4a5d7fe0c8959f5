import type { ExporterProcess } from '../../../../e2e/helpers/exporter-process';
import { waitFor, type Waited } from '../../helpers/wait';

export { waitFor };

/** What `/api/v1/cheer` says, as far as rows look at it. */
export interface Cheer {
  readonly state: 'warming' | 'green' | 'yellow' | 'red' | 'disabled';
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
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
