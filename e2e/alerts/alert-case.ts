import { Timeline, type Series } from './series';

/** One alert: a fault that sets it off, what looks like it and must not, and when it is told. */
export interface AlertCase {
  readonly alert: string;
  /** Labels of the rule beside severity and component. */
  readonly ruleLabels?: Readonly<Record<string, string>>;
  readonly severity: string;
  /** Labels of the alert that its series bring along. */
  readonly of: Readonly<Record<string, string>>;
  /** Minutes, as docs and runbooks promise them. Both are written here again: the test must not ask the rule. */
  readonly for: number;
  readonly keep: number;
  /** Minutes of a step; 1 when absent. */
  readonly step?: number;
  /** Steps before the fault begins; 10 when absent. */
  readonly begins?: number;
  /** Steps after the fault's begin and end until the query notices: the length of its windows. */
  readonly noticedAfter?: number;
  readonly forgottenAfter?: number;
  readonly fault: (time: Timeline) => Series;
  readonly description: string;
  readonly dashboard: string;
  /** Other faults that must set it off, each as what differs from the first. */
  readonly alsoFires?: Readonly<Record<string, Variant>>;
  /** What must not set it off, each as what differs from the fault. */
  readonly nearMisses: Readonly<Record<string, (time: Timeline) => Overrides>>;
}

/** Undefined takes a series away. */
export type Overrides = Readonly<Record<string, string | undefined>>;

export interface Variant {
  readonly series: (time: Timeline) => Overrides;
  readonly description: string;
}

/** Steps at which it is looked whether the alert is told. */
export interface Moments {
  readonly time: Timeline;
  /** True for the first time, but not for long enough. */
  readonly pendingFrom: number;
  readonly lastPending: number;
  readonly fires: number;
  /** True for the last time. */
  readonly lastTrue: number;
  /** No longer true, and told for the last time. */
  readonly lastKept: number;
  readonly resolved: number;
}

/** Steps of the fault after the alert has fired. */
const goesOn = 10;

/** All of it follows from the fault's begin, the windows, and what was promised. */
export function momentsOf(testCase: AlertCase): Moments {
  const { for: wait, keep, step = 1, begins = 10, noticedAfter = 0, forgottenAfter = 0 } = testCase;
  const pendingFrom = begins + noticedAfter;
  const fires = pendingFrom + wait / step;
  const ends = fires + goesOn;
  const over = ends + forgottenAfter;
  const resolved = over + keep / step;
  return {
    time: new Timeline(begins, ends, resolved + 5),
    ...{ pendingFrom, lastPending: fires - 1, fires },
    ...{ lastTrue: over - 1, lastKept: resolved - 1, resolved },
  };
}

/** The series of a fault with what differs. */
export function overridden(series: Series, overrides: Overrides): Series {
  return Object.fromEntries(
    Object.entries({ ...series, ...overrides }).flatMap(([name, values]) =>
      values === undefined ? [] : [[name, values]],
    ),
  );
}
