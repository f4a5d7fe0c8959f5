import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminPort } from './admin-port';
import type { OtlpReceiver } from './otlp-receiver';
import type { RequestPlan } from './request-plan';

/** The end of a process: its exit code, or the signal that ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A service that was started to be checked. */
export interface StartedService {
  /** What it wrote so far to standard output and standard error, line by line. */
  lines(): readonly string[];
  /** SIGTERM. */
  terminate(): void;
  readonly exited: Promise<Exit>;
}

/** The running service as the checks see it. */
export interface Subject {
  readonly plan: RequestPlan;
  readonly admin: AdminPort;
  /** What only a service shows that was started here, with an OTLP receiver to export to. */
  readonly own?: { readonly service: StartedService; readonly traces: OtlpReceiver };
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** Milliseconds. */
export interface Limits {
  /** Until something must be seen that takes its time: a span, a batch's outcome, a line of the log. */
  readonly waitMs: number;
  /** For so long nothing may happen by itself where it is counted what requests lead to. */
  readonly quietMs: number;
  /** From SIGTERM to the exit. */
  readonly drainMs: number;
  /** How much longer the exit may take when the collector hangs. */
  readonly collectorMs: number;
}

export const defaultLimits: Limits = { waitMs: 5_000, quietMs: 300, drainMs: 30_000, collectorMs: 5_000 };

const lookMs = 50;

/**
 * Looks again and again until `look` gives something; undefined when it has not within `limits.waitMs`. Rejects when
 * `look` does, and when the whole is aborted.
 */
export async function eventually<T>(
  { limits, signal }: Pick<Subject, 'limits' | 'signal'>,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T | undefined> {
  for (const end = performance.now() + limits.waitMs; ; await sleep(lookMs, undefined, { signal })) {
    const found = await look();
    if (found !== undefined || performance.now() > end) return found;
  }
}

/** The reason for which a check can't be done beside a service that somebody else started. */
export const needsCommand =
  'only a service that is started here shows it: put its command at the end, as in `selfcheer conform URL -- node dist/main.js`';
