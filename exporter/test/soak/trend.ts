import { medianOf } from '../helpers/quantile';

/** A figure at one moment of the run. */
export interface Point {
  /** Seconds from the start of the load. */
  readonly at: number;
  readonly value: number;
  /** Which process of the service it was, counted from 0. */
  readonly life: number;
}

export interface TrendRule {
  /** Growth an hour that is allowed, as a share of the median. */
  readonly sharePerHour: number;
  /** Growth over what was observed that is allowed in any case; in the figure's unit. */
  readonly floor: number;
  /** How the samples of some seconds become one: a sawtooth is told by its low points. */
  readonly reduce: 'median' | 'least';
}

export interface TrendWindow {
  /** What is observed for less is reported, not judged. Seconds. */
  readonly judgeFrom: number;
  /** The first seconds of a process don't count: caches fill, code is compiled. */
  readonly warmUp: number;
}

export interface Trend {
  readonly first: number;
  readonly median: number;
  readonly last: number;
  readonly most: number;
  /** In the figure's unit. */
  readonly slopePerHour: number;
  /** Of the median, but at least of the floor: what is nearly nothing can't grow by a share. */
  readonly sharePerHour: number;
  /** How far points lie from the line, as a standard deviation (scaled MAD). */
  readonly noise: number;
  /** Seconds from the first point that counts to the last. */
  readonly observed: number;
  readonly judged: boolean;
  readonly leak: boolean;
}

/** At most so many points, or pairs of them become too many. */
const bucketsAtMost = 240;
const bucketSeconds = 10;
const leastPoints = 6;

/**
 * How a figure moves within the longest life of a process, after its warm-up: the slope of Theil and Sen, which a fifth
 * of wild points does not move (H. Theil 1950; P. K. Sen, JASA 63, 1968).
 *
 * It is a leak when it was observed for long enough, and the growth is above the allowed share an hour, above the floor,
 * above twice the noise, and in the later half, too: what fills up and then stays is a cache. Undefined without points.
 */
export function trendOf(points: readonly Point[], rule: TrendRule, window: TrendWindow): Trend | undefined {
  const counted = inBuckets(longestLife(points, window.warmUp), rule.reduce);
  const values = counted.map(({ value }) => value);
  const [first] = counted;
  const last = counted.at(-1);
  if (!first || !last) return undefined;
  const median = medianOf(values);
  const base = Math.max(Math.abs(median), rule.floor, Number.MIN_VALUE);
  const share = (slope: number): number => (slope * 3600) / base;
  const slope = slopeOf(counted);
  const rests = counted.map(({ at, value }) => value - slope * at);
  const level = medianOf(rests);
  const noise = 1.4826 * medianOf(rests.map((rest) => Math.abs(rest - level)));
  const observed = last.at - first.at;
  const growth = slope * observed;
  const later = counted.filter(({ at }) => at >= first.at + observed / 2);
  const judged = observed >= window.judgeFrom && counted.length >= leastPoints;
  return {
    first: first.value,
    median,
    last: last.value,
    most: Math.max(...values),
    slopePerHour: slope * 3600,
    sharePerHour: share(slope),
    noise,
    observed,
    judged,
    leak:
      judged &&
      share(slope) > rule.sharePerHour &&
      growth > rule.floor &&
      growth > 2 * noise &&
      share(slopeOf(later)) > rule.sharePerHour,
  };
}

/** Median of the slopes of all pairs, a second; 0 when there is no pair. */
export function slopeOf(points: readonly Pick<Point, 'at' | 'value'>[]): number {
  const slopes: number[] = [];
  for (const [index, one] of points.entries()) {
    for (const other of points.slice(index + 1)) {
      if (other.at > one.at) slopes.push((other.value - one.value) / (other.at - one.at));
    }
  }
  return slopes.length === 0 ? 0 : medianOf(slopes);
}

function longestLife(points: readonly Point[], warmUp: number): Point[] {
  const lives = new Map<number, Point[]>();
  for (const point of points) {
    const life = lives.get(point.life);
    if (life) life.push(point);
    else lives.set(point.life, [point]);
  }
  const spanOf = (life: readonly Point[]): number => (life.at(-1)?.at ?? 0) - (life[0]?.at ?? 0);
  const longest = [...lives.values()].reduce<Point[]>((a, b) => (spanOf(b) > spanOf(a) ? b : a), []);
  const begin = (longest[0]?.at ?? 0) + warmUp;
  const warm = longest.filter(({ at }) => at >= begin);
  // Too short for that: then there is at least something to report.
  return warm.length > 0 ? warm : longest.length > 0 ? longest : [...points];
}

function inBuckets(points: readonly Point[], reduce: TrendRule['reduce']): Point[] {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return [];
  const width = Math.max(bucketSeconds, (last.at - first.at) / bucketsAtMost);
  const buckets = new Map<number, Point[]>();
  for (const point of points) {
    const number = Math.floor((point.at - first.at) / width);
    const bucket = buckets.get(number);
    if (bucket) bucket.push(point);
    else buckets.set(number, [point]);
  }
  return [...buckets.values()].map((bucket) => ({
    life: bucket[0]!.life,
    at: medianOf(bucket.map(({ at }) => at)),
    value:
      reduce === 'least'
        ? Math.min(...bucket.map(({ value }) => value))
        : medianOf(bucket.map(({ value }) => value)),
  }));
}
