import type { SoakAccount } from './account';
import { type FigureName, figures, shown } from './figures';
import type { FaultKind } from './schedule';
import type { Trend } from './trend';

export interface SufferedFault {
  readonly kind: FaultKind;
  /** Seconds from the start of the load. */
  readonly at: number;
  readonly seconds: number;
  /** From its end until green; absent when that did not come in time. */
  readonly recoverySeconds?: number;
}

export interface Evidence {
  /** What went wrong on the way: a crash, a fault that could not be made, a driver that failed. */
  readonly incidents: readonly string[];
  readonly faults: readonly SufferedFault[];
  readonly recoverWithinSeconds: number;
  /** Absent when it could not be drawn up. */
  readonly account: SoakAccount | undefined;
  readonly trends: Readonly<Partial<Record<FigureName, Trend>>>;
}

/** Everything for which the run fails, in sentences; none when it passed. */
export function failuresOf(evidence: Evidence): string[] {
  const { incidents, faults, recoverWithinSeconds, account, trends } = evidence;
  return [
    ...incidents,
    ...faults
      .filter(({ recoverySeconds }) => recoverySeconds === undefined)
      .map(
        ({ kind, at }) =>
          `not green within ${recoverWithinSeconds} s after "${kind}" at ${Math.round(at)} s of the load`,
      ),
    ...(account ? accountFailures(account) : ['there is no account']),
    ...Object.entries(trends)
      .filter(([, trend]) => trend.leak)
      .map(([name, trend]) => leakOf(name as FigureName, trend)),
  ];
}

function accountFailures({ acked, duplicates, duplicatesAtMost, wrong }: SoakAccount): string[] {
  return [
    ...(acked === 0 ? ['nothing was acknowledged'] : []),
    ...(duplicates > duplicatesAtMost
      ? [`${duplicates} duplicates, more than the ${duplicatesAtMost} that may have been in flight`]
      : []),
    ...Object.entries(wrong).map(([what, ids]) => `${what}: ${ids.join(', ')}`),
  ];
}

function leakOf(name: FigureName, { slopePerHour, sharePerHour, observed, noise }: Trend): string {
  const { unit, sharePerHour: allowed } = figures[name];
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return (
    `${name} leaks: +${shown(slopePerHour, unit)} an hour (${percent(sharePerHour)}, allowed ${percent(allowed)}) ` +
    `over ${Math.round(observed / 60)} min, noise ${shown(noise, unit)}`
  );
}
