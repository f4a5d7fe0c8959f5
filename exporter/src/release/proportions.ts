/** So many of so many. */
export interface Share {
  readonly count: number;
  readonly of: number;
}

/** Standard deviations: 99.5 % on one side. */
const defaultZ = 2.576;

/**
 * True when the share of `one` is above that of `other` by more than `margin`, and not by chance: the lower bound of the
 * interval for the difference of two proportions is above 0 (Newcombe 1998, method 10: the score intervals of Wilson
 * 1927 put together). False without a sample on both sides.
 *
 * @param z standard deviations of the bound; 2.576 leaves a chance of 0.5 %
 */
export function clearlyAbove(one: Share, other: Share, margin: number, z = defaultZ): boolean {
  if (one.of <= 0 || other.of <= 0) return false;
  const difference = one.count / one.of - other.count / other.of;
  const below = one.count / one.of - wilson(one, z).low;
  const above = wilson(other, z).high - other.count / other.of;
  return difference > margin && difference - Math.hypot(below, above) > 0;
}

function wilson({ count, of }: Share, z: number): { readonly low: number; readonly high: number } {
  const p = count / of;
  const z2 = z * z;
  const middle = (p + z2 / (2 * of)) / (1 + z2 / of);
  const half = (z / (1 + z2 / of)) * Math.sqrt((p * (1 - p)) / of + z2 / (4 * of * of));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/**
 * The smallest value that so many of the values do not exceed (nearest rank); undefined without values.
 *
 * @param part 0 to 1
 */
export function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
}
