import { type Trend } from '../types';

/** A burn rate of 1 spends the budget exactly in its period. */
const limit = 1;

/**
 * How the spending of an error budget goes on, from burn rates over a long and a short window (Google, "The Site
 * Reliability Workbook", ch. 5): the long one says whether it matters, the short one whether it still goes on.
 * `none` when either is unknown.
 */
export function trendOf(long: number | undefined, short: number | undefined): Trend {
  if (long === undefined || short === undefined || Number.isNaN(long) || Number.isNaN(short)) {
    return 'none';
  }
  if (short > limit) {
    return long > limit ? 'critical' : 'increasing';
  }
  return long > limit ? 'recovering' : 'acceptable';
}
