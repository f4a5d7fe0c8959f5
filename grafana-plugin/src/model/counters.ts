import { type Series } from './series';

/** Where a counter went up. */
export interface Increase {
  /** Undefined without two points to compare. */
  readonly total: number | undefined;
  /** Stretches of time in which it went up without a longer pause, oldest first. */
  readonly runs: readonly Run[];
}

export interface Run {
  /** Epoch ms of the first and of the last point at which it was higher than before. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** It goes on from before the series begins, as far as can be seen. */
  readonly isOpen: boolean;
}

/**
 * How much a counter went up between its first and its newest point. One that falls has begun anew at 0, as Prometheus
 * takes it. A pause (ms) longer than this parts two runs.
 */
export function increaseOf({ times, values, last }: Series, pause: number): Increase {
  const runs: Run[] = [];
  let total = 0;
  let before = NaN;
  let start = NaN;
  let end = NaN;
  let count = 0;
  let first = NaN;
  let points = 0;
  for (let index = 0; index <= last; index++) {
    const value = values[index];
    if (!isCount(value)) {
      continue;
    }
    points++;
    if (value !== before) {
      const time = times ? times[index] : 0;
      if (Number.isNaN(before)) {
        first = time;
      } else {
        const more = value > before ? value - before : value;
        if (more > 0) {
          total += more;
          if (!(time - end <= pause)) {
            if (count > 0) {
              runs.push({ start, end, count, isOpen: start - first <= pause });
            }
            start = time;
            count = 0;
          }
          count += more;
          end = time;
        }
      }
      before = value;
    }
  }
  if (count > 0) {
    runs.push({ start, end, count, isOpen: start - first <= pause });
  }
  return { total: points < 2 ? undefined : total, runs };
}

/** Beyond what a double counts exactly it is no counter. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}
