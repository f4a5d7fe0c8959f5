import type { Clock } from '../clock';
import { SlotWindow } from '../slot-window';
import { checkCount, checkRange } from './check';

/** For `callWindow` and `sourceWindow`. */
export interface BreakerWindowOptions {
  /** It opens when more than this share has failed: at least 0 and below 1. */
  readonly threshold: number;
  /** Calls within the window before a share means anything. */
  readonly minimumCalls: number;
  /** How far back calls count. */
  readonly windowSeconds: number;
  readonly clock: Clock;
}

/**
 * Results of the last seconds, and whether they are bad enough to open a breaker. cockatiel's own windows don't fit:
 * its sampling one goes by the wall clock and keeps old results for as long as calls are few, its counting one has no
 * time at all.
 */
export interface BreakerWindow {
  /** `source` is where a call came from, for a window that tells sources apart. */
  record(ok: boolean, source: string | number | undefined): void;
  /** Whether the results are bad enough to open. */
  tripped(): boolean;
  /** Forgets all results: the breaker has closed. */
  reset(): void;
}

const slots = 10;

/** The share of calls that failed. */
export function callWindow(options: BreakerWindowOptions): BreakerWindow {
  const { threshold, minimumCalls, windowSeconds, clock } = checked(options);
  const fresh = (): SlotWindow =>
    new SlotWindow(2, slots, (windowSeconds * 1000) / slots, () => clock.monotonic());
  let counts = fresh();
  return {
    record: (ok) => counts.add(ok ? 0 : 1, 1),
    tripped() {
      const failures = counts.sum(1);
      const calls = failures + counts.sum(0);
      return calls >= minimumCalls && failures > threshold * calls;
    },
    reset: () => void (counts = fresh()),
  };
}

/**
 * The share of sources whose last call failed, once so many calls have failed in a row for all of them together. One
 * source that fails over and over weighs no more than one, and a thousand good calls of a second ago don't hide that
 * every source fails now. Sources must be few.
 */
export function sourceWindow(options: BreakerWindowOptions): BreakerWindow {
  const { threshold, minimumCalls, windowSeconds, clock } = checked(options);
  const sources = new Map<string | number | undefined, { ok: boolean; failures: number; at: number }>();
  return {
    record(ok, source) {
      const failures = ok ? 0 : (sources.get(source)?.failures ?? 0) + 1;
      sources.set(source, { ok, failures, at: clock.monotonic() });
    },
    tripped() {
      const since = clock.monotonic() - windowSeconds * 1000;
      let failing = 0;
      let failures = 0;
      for (const [source, last] of sources) {
        if (last.at < since) sources.delete(source);
        else if (!last.ok) {
          failing += 1;
          failures += last.failures;
        }
      }
      return failures >= minimumCalls && failing > threshold * sources.size;
    },
    reset: () => sources.clear(),
  };
}

function checked(options: BreakerWindowOptions): BreakerWindowOptions {
  checkRange('breaker threshold', options.threshold, 0, 1 - Number.EPSILON);
  checkCount('breaker minimumCalls', options.minimumCalls, 1);
  checkRange('breaker windowSeconds', options.windowSeconds, 0.001);
  return options;
}
