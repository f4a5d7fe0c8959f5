import type { Clock } from './clock';
import { SlotWindow } from './slot-window';

/** Seconds over which the health condition's p90 is taken, in the process and in the rules. */
export const latencyWindowSeconds = 300;
const slotSeconds = 10;

const baseBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Targets that the buckets hold unless told otherwise: the health condition, ingest-latency and delivery. */
export const defaultLatencyTargets: readonly number[] = [0.1, 0.12, 1];

/**
 * Upper bounds in seconds for latency histograms, ascending and without +Inf. Every target is an exact bound:
 * otherwise what is good or bad would be an interpolation.
 */
export function latencyBuckets(targets: readonly number[] = defaultLatencyTargets): readonly number[] {
  for (const target of targets) {
    if (!(target > 0 && Number.isFinite(target)))
      throw new RangeError(`latency target ${target} must be above 0`);
  }
  return [...new Set([...baseBuckets, ...targets])].sort((a, b) => a - b);
}

/** Index of the bucket that a value falls into; `bounds.length` stands for +Inf. */
export function bucketIndex(bounds: readonly number[], value: number): number {
  let index = 0;
  while (index < bounds.length && !(value <= (bounds[index] as number))) index += 1;
  return index;
}

/**
 * The q-quantile of classic buckets as Prometheus' `histogram_quantile` gives it: linear inside a bucket, the first
 * one beginning at 0 when its bound is above 0, and the highest finite bound for what lies in +Inf. NaN without
 * observations. See prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile.
 *
 * @param bounds ascending upper bounds without +Inf, at least one
 * @param counts observations in each bucket (not cumulated), one more than bounds: the last is +Inf
 * @param q between 0 and 1
 */
export function histogramQuantile(q: number, bounds: readonly number[], counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const rank = q * total;
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    const inside = counts[index] ?? 0;
    if (below + inside >= rank) {
      if (index === 0 && bound <= 0) return bound;
      const start = index === 0 ? 0 : (bounds[index - 1] as number);
      return start + (bound - start) * ((rank - below) / inside);
    }
    below += inside;
  }
  return bounds.at(-1) as number;
}

/** Latencies of the last five minutes in classic buckets, in slots of ten seconds. */
export class LatencyWindow {
  private readonly window: SlotWindow;

  constructor(
    private readonly bounds: readonly number[],
    clock: Clock,
  ) {
    const slots = latencyWindowSeconds / slotSeconds;
    this.window = new SlotWindow(bounds.length + 1, slots, slotSeconds * 1000, () => clock.monotonic());
  }

  /** Adds `count` events that took `seconds` each. */
  record(seconds: number, count: number): void {
    if (count > 0) this.window.add(bucketIndex(this.bounds, seconds), count);
  }

  /** Events in each bucket, the last one +Inf. */
  counts(): number[] {
    return Array.from({ length: this.bounds.length + 1 }, (_, column) => this.window.sum(column));
  }

  /** Seconds; undefined without events. */
  quantile(q: number): number | undefined {
    const value = histogramQuantile(q, this.bounds, this.counts());
    return Number.isNaN(value) ? undefined : value;
  }
}
