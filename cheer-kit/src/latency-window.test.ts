import fc from 'fast-check';
import { ManualClock } from './clock';
import { bucketIndex, histogramQuantile, latencyBuckets, LatencyWindow } from './latency-window';

test('every target is an exact bound', () => {
  expect(latencyBuckets()).toEqual([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.12, 0.25, 0.5, 1, 5]);
  expect(latencyBuckets([0.3, 0.1])).toEqual([
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 1, 5,
  ]);
  expect(() => latencyBuckets([0])).toThrow(RangeError);
  expect(() => latencyBuckets([Infinity])).toThrow(RangeError);
});

test('a bound belongs to its bucket, what is no number to the last', () => {
  expect([0, 1, 1.5, 2, 3, NaN].map((value) => bucketIndex([1, 2], value))).toEqual([0, 0, 1, 1, 2, 2]);
});

describe("Prometheus' rules for histogram_quantile", () => {
  test.each([
    { rule: 'no observations: NaN', q: 0.9, bounds: [1, 2], counts: [0, 0, 0], value: NaN },
    { rule: 'linear inside a bucket', q: 0.5, bounds: [1, 2, 4], counts: [0, 0, 10, 0], value: 3 },
    { rule: 'the first bucket begins at 0', q: 0.5, bounds: [1, 2], counts: [10, 0, 0], value: 0.5 },
    {
      rule: 'a first bound of 0 or less is itself the answer',
      q: 0.5,
      bounds: [-1, 2],
      counts: [10, 0, 0],
      value: -1,
    },
    { rule: 'in +Inf: the highest finite bound', q: 0.9, bounds: [1, 2], counts: [1, 0, 9], value: 2 },
    {
      rule: 'a rank at the edge belongs to the lower bucket',
      q: 0.9,
      bounds: [1, 2, 3],
      counts: [9, 0, 1, 0],
      value: 1,
    },
    { rule: 'below 0: -Inf', q: -0.1, bounds: [1], counts: [1, 0], value: -Infinity },
    { rule: 'above 1: +Inf', q: 1.1, bounds: [1], counts: [1, 0], value: Infinity },
    { rule: 'NaN: NaN', q: NaN, bounds: [1], counts: [1, 0], value: NaN },
    { rule: 'several buckets', q: 0.9, bounds: [0.1, 0.12, 1], counts: [80, 5, 10, 5], value: 0.56 },
  ])('$rule', ({ q, bounds, counts, value }) => {
    expect(Number(histogramQuantile(q, bounds, counts).toPrecision(12))).toBe(value);
  });
});

/** As the documentation puts it, from cumulated buckets, written apart from the code under test. */
function naiveQuantile(q: number, bounds: readonly number[], values: readonly number[]): number {
  const buckets = [...bounds, Infinity].map((le) => ({
    le,
    count: values.filter((value) => value <= le).length,
  }));
  const rank = q * values.length;
  const at = buckets.findIndex(({ count }) => count >= rank);
  const { le, count } = buckets[at] as (typeof buckets)[0];
  if (le === Infinity) return bounds.at(-1) as number;
  const before = at === 0 ? { le: 0, count: 0 } : (buckets[at - 1] as (typeof buckets)[0]);
  return before.le + (le - before.le) * ((rank - before.count) / (count - before.count));
}

test('the window gives the quantile of what was recorded in the last five minutes', () => {
  const bounds = latencyBuckets();
  const step = fc.record({
    wait: fc.oneof(fc.nat(5_000), fc.nat(200_000)),
    seconds: fc.oneof(
      fc.double({ min: 0, max: 0.2, noNaN: true }),
      fc.double({ min: 0, max: 20, noNaN: true }),
    ),
    count: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (steps, q) => {
        const clock = new ManualClock();
        const window = new LatencyWindow(bounds, clock);
        const records: { slot: number; seconds: number; count: number }[] = [];
        for (const { wait, seconds, count } of steps) {
          clock.advance(wait / 1000);
          window.record(seconds, count);
          records.push({ slot: Math.floor(clock.monotonic() / 10_000), seconds, count });
        }
        const now = Math.floor(clock.monotonic() / 10_000);
        const values = records
          .filter(({ slot }) => slot > now - 30)
          .flatMap(({ seconds, count }) => Array<number>(count).fill(seconds));
        expect(window.quantile(q)).toBeCloseTo(naiveQuantile(q, bounds, values), 9);
      },
    ),
  );
});

test('without events there is no quantile', () => {
  const clock = new ManualClock();
  const window = new LatencyWindow([1], clock);
  expect(window.quantile(0.9)).toBeUndefined();
  window.record(0.5, 3);
  window.record(0.5, 0);
  expect(window.counts()).toEqual([3, 0]);
  clock.advance(300);
  expect(window.quantile(0.9)).toBeUndefined();
});
