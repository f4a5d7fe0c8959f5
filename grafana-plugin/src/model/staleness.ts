import { type Series } from './series';

/** Ms. Data that come more often than this are given as long. */
const shortestInterval = 5_000;

/** Ms that a point holds when nothing says how often they come: as long as Prometheus looks back. */
const lookBack = 300_000;

/** Of the newest distances between points the median is taken. */
const distances = 9;

/** Series of one role, those that still have data apart from those that have ended. */
export interface Presence {
  /** Those to judge by: never empty when there is any. */
  readonly present: readonly Series[];
  /** None has data any more; `present` are those that went on the longest. */
  readonly stale: boolean;
  /** Epoch ms of the newest point; undefined without times. */
  readonly lastSeen: number | undefined;
}

/** `to` is the end of the panel's time range, epoch ms. */
export function presenceOf(series: readonly Series[], to: number): Presence {
  const lastSeen = newest(series);
  if (!series.some((one) => hasEnded(one, to))) {
    return { present: series, stale: false, lastSeen };
  }
  const live = series.filter((one) => !hasEnded(one, to));
  if (live.length > 0) {
    return { present: live, stale: false, lastSeen };
  }
  return { present: series.filter((one) => !hasEnded(one, lastSeen ?? to)), stale: true, lastSeen };
}

/** Whether its newest point is older than two intervals at this time (epoch ms). */
export function hasEnded(series: Series, at: number): boolean {
  const age = at - series.lastTime;
  // NaN, without a time, is never old.
  if (!(age > 2 * shortestInterval) || age <= 2 * series.interval) {
    return false;
  }
  const interval = intervalOf(series);
  return age > (interval > 0 ? 2 * Math.max(interval, shortestInterval) : lookBack);
}

/**
 * Ms between two points, 0 when unknown: as the data source says, or the median distance of the newest points when they
 * come more rarely than that (a slow scrape in a panel with a fine step).
 */
export function intervalOf(series: Series): number {
  const { times, values, last, interval } = series;
  if (times === undefined) {
    return interval;
  }
  const found: number[] = [];
  let later = series.lastTime;
  for (let index = last - 1; index >= 0 && found.length < distances; index--) {
    if (values[index] != null) {
      const distance = later - times[index];
      if (distance > 0) {
        found.push(distance);
      }
      later = times[index];
    }
  }
  if (found.length === 0 || (interval > 0 && found.length < 3)) {
    return interval;
  }
  found.sort((a, b) => a - b);
  return Math.max(interval, found[found.length >> 1]);
}

function newest(series: readonly Series[]): number | undefined {
  let time = -Infinity;
  for (const { lastTime } of series) {
    if (lastTime > time) {
      time = lastTime;
    }
  }
  return time === -Infinity ? undefined : time;
}
