import { FieldType, toDataFrame } from '@grafana/data';
import { makeSeries, pointsOf, type Series } from './series';
import { hasEnded, intervalOf, presenceOf } from './staleness';

function seriesAt(times: number[], interval?: number, values: unknown[] = times.map(() => 1)): Series {
  const config = interval === undefined ? {} : { interval };
  const frame = toDataFrame({
    fields: [
      { name: 'Time', type: FieldType.time, values: times, config },
      { name: 'Value', type: FieldType.number, values },
    ],
  });
  const [time, value] = frame.fields;
  return makeSeries('score', 'm', {}, frame, value, time, pointsOf(value, time))!;
}

const every = (ms: number, count: number) => Array.from({ length: count }, (_, index) => 1e12 + index * ms);

test.each([
  ['two intervals of the data source', every(15_000, 9), 15_000, 30_000],
  ['at least 10 s', every(1_000, 9), 1_000, 10_000],
  ['two median distances', every(20_000, 9), undefined, 40_000],
  ['what comes more rarely than the data source says', every(60_000, 9), 15_000, 120_000],
  ['too few points to tell so', every(1_800_000, 2), 15_000, 30_000],
  ['a single point, as long as Prometheus looks back', every(1, 1), undefined, 300_000],
])('ends after %s', (_, times, interval, age) => {
  const series = seriesAt(times, interval);
  const newest = times[times.length - 1];
  expect(hasEnded(series, newest + age)).toBe(false);
  expect(hasEnded(series, newest + age + 1)).toBe(true);
});

test('nulls at the end are no points, and a gap does not lengthen the interval', () => {
  const times = [...every(15_000, 10), ...every(15_000, 10).map((time) => time + 3_600_000)];
  const values = times.map((_, index) => (index > 17 ? null : 1));
  const series = seriesAt(times, undefined, values);
  expect(series.lastTime).toBe(times[17]);
  expect(intervalOf(series)).toBe(15_000);
});

test('what has no time never ends', () => {
  const frame = toDataFrame({ fields: [{ name: 'score', type: FieldType.number, values: [1] }] });
  const [field] = frame.fields;
  const series = makeSeries('score', 'm', {}, frame, field, undefined, pointsOf(field, undefined))!;
  expect(presenceOf([series], 1e13)).toEqual({ present: [series], stale: false, lastSeen: undefined });
});

test('of those that all ended the ones that went on the longest are left to judge by', () => {
  const [first, second] = [seriesAt(every(15_000, 10), 15_000), seriesAt(every(15_000, 40), 15_000)];
  expect(presenceOf([first, second], 1e13)).toEqual({ present: [second], stale: true, lastSeen: second.lastTime });
  expect(presenceOf([], 1e13)).toEqual({ present: [], stale: false, lastSeen: undefined });
});
