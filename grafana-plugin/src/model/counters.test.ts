import fc from 'fast-check';
import { increaseOf } from './counters';
import { makeSeries, pointsOf } from './series';
import { prom, step } from './testing/frames';

function increase(values: readonly unknown[], pause = 2 * step) {
  const frame = prom({}, values, { end: (values.length - 1) * step });
  const [time, field] = frame.fields;
  const series = makeSeries('misses', 'm', {}, frame, field, time, pointsOf(field, time));
  return series && increaseOf(series, pause);
}

test('a fall is a new begin at 0; nulls, NaN, infinities and negatives are left out', () => {
  expect(increase([5, 7, null, 7, 3, NaN, 4, Infinity, -1, 4])?.total).toBe(2 + 3 + 1);
});

test('what nothing can be compared with says nothing', () => {
  expect(increase([9])?.total).toBeUndefined();
  expect(increase([NaN, 9, Infinity])?.total).toBeUndefined();
  expect(increase([9, 9])?.total).toBe(0);
});

test('a longer pause parts two runs', () => {
  const runs = increase([0, 0, 0, 0, 1, 1, 3, 3, 3, 3, 4])?.runs;
  expect(runs).toEqual([
    { start: 4 * step, end: 6 * step, count: 3, isOpen: false },
    { start: 10 * step, end: 10 * step, count: 1, isOpen: false },
  ]);
  expect(increase([0, 1, 2])?.runs).toEqual([{ start: step, end: 2 * step, count: 2, isOpen: true }]);
});

test('runs are apart, in order, and their counts are the total', () => {
  const point = fc.oneof(fc.nat(50), fc.constant(null), fc.constant(NaN));
  fc.assert(
    fc.property(fc.array(point, { maxLength: 60 }), fc.nat(90_000), (values, pause) => {
      const found = increase(values, pause);
      const runs = found?.runs ?? [];
      expect(runs.reduce((sum, { count }) => sum + count, 0)).toBe(found?.total ?? 0);
      runs.forEach(({ start, end }, index) => {
        expect(end).toBeGreaterThanOrEqual(start);
        if (index > 0) {
          expect(start - runs[index - 1].end).toBeGreaterThan(pause);
        }
      });
    })
  );
});
