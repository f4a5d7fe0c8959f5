import { AckTimes } from './latency';

it('tells quantiles by minute, and quiet times apart', () => {
  const times = new AckTimes();
  for (let n = 0; n < 100; n++) times.add(n % 60, n < 98 ? 0.01 : 5, n < 98);
  times.add(61, 2, false);
  const [first, second] = times.byMinute();
  expect(first).toMatchObject({ minute: 0, requests: 100, p50: 0.01, quietP99: 0.01 });
  expect(first?.p99).toBeGreaterThan(4);
  expect(second).toEqual({ minute: 1, requests: 1, p50: 2, p99: 2 });
});

it('gives recent ones once', () => {
  const times = new AckTimes();
  times.add(0, 1, true);
  expect(times.takeP99()).toBe(1);
  expect(times.takeP99()).toBeUndefined();
});
