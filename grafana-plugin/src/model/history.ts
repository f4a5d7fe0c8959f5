import { type History } from '../types';
import { numberAt, type Series } from './series';
import { type Scale, scoreOf } from './score-scale';
import { intervalOf } from './staleness';

const mostPoints = 60;

/**
 * The score over the panel's time range (epoch ms), the lowest of all pods and of all points that fall together, so
 * that no short dip is lost. Slots begin at multiples of their width: a point stays where it is from update to update.
 */
export function historyOf(
  scores: readonly Series[],
  scaleOf: (series: Series) => Scale,
  from: number,
  to: number
): History | undefined {
  const interval = scores.reduce((longest, series) => Math.max(longest, intervalOf(series)), 0);
  const width = Math.max((to - from) / (mostPoints - 2), interval, 1);
  const begin = Math.floor(from / width) * width;
  if (!Number.isFinite(begin) || !(to > from)) {
    return undefined;
  }
  const slots = new Array<number>(mostPoints).fill(NaN);
  for (const series of scores) {
    fill(slots, series, scaleOf(series), begin, width);
  }
  return withGaps(slots, begin, width, interval);
}

function fill(slots: number[], series: Series, scale: Scale, begin: number, width: number): void {
  const { times, last } = series;
  if (times === undefined) {
    return;
  }
  for (let index = 0; index <= last; index++) {
    const slot = Math.floor((times[index] - begin) / width);
    const score = scoreOf(numberAt(series, index), scale);
    // The first point of a slot is below NaN too.
    if (slot >= 0 && slot < slots.length && !Number.isNaN(score) && !(score >= slots[slot])) {
      slots[slot] = score;
    }
  }
}

/** A single slot without a point is left out where points come about as rarely as slots do; longer ones are gaps. */
function withGaps(slots: readonly number[], begin: number, width: number, interval: number): History | undefined {
  const times: number[] = [];
  const values: Array<number | null> = [];
  let previous = -1;
  for (let slot = 0; slot < slots.length; slot++) {
    const score = slots[slot];
    if (Number.isNaN(score)) {
      continue;
    }
    const missing = slot - previous - 1;
    if (previous >= 0 && missing * width > Math.max(interval, width)) {
      times.push(begin + (slot - 1) * width);
      values.push(null);
    }
    times.push(begin + slot * width);
    values.push(score);
    previous = slot;
  }
  return times.length < 2 ? undefined : { times, values };
}
