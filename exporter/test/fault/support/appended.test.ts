import { type Appended, flowOf } from './appended';

/** One every 10 ms, each appended so much later. */
function steady(from: number, to: number, ms: (at: number) => number): Appended[] {
  const events: Appended[] = [];
  for (let at = from; at < to; at += 10) events.push({ accepted: at, appended: at + ms(at) });
  return events;
}

test('a steady flow, and only what is within', () => {
  const flow = flowOf(
    steady(0, 9_000, () => 5),
    [2_000, 6_500],
  );
  expect(flow).toEqual({ perSecond: 100, leastPerSecond: 100, p99: 5 });
});

test('one pause is no latency, but a second in which little comes', () => {
  const paused = steady(0, 5_000, (at) => (at >= 2_000 && at < 3_000 ? 3_000 - at + 5 : 5));
  const flow = flowOf(paused, [0, 5_000]);
  expect(flow.p99).toBe(5);
  expect(flow.leastPerSecond).toBeLessThan(5);
});

test('what is always slow is latency', () => {
  const slow = steady(0, 5_000, (at) => (at % 100 < 20 ? 80 : 5));
  expect(flowOf(slow, [0, 5_000]).p99).toBe(80);
});

test('several spans together, without what lies between', () => {
  const events = steady(0, 9_000, (at) => (at >= 3_000 && at < 6_000 ? 80 : 5));
  expect(flowOf(events, [1_000, 3_000], [6_000, 8_000])).toMatchObject({ p99: 5 });
  expect(flowOf(events, [3_000, 5_000])).toMatchObject({ p99: 80 });
});
