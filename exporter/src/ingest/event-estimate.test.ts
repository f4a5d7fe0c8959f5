import fc from 'fast-check';
import { EventEstimate } from './event-estimate';

test('a request is one event until something was read', () => {
  const estimate = new EventEstimate();
  expect([estimate.of(), estimate.of(1_000_000)]).toEqual([1, 1]);
  estimate.learn(0, 100);
  expect(estimate.of(1_000_000)).toBe(1);
});

test('by its length, and by what others held where it has none', () => {
  const estimate = new EventEstimate();
  estimate.learn(100, 10_000);
  estimate.learn(1, 100);
  estimate.learn(10);
  expect([estimate.of(5_000), estimate.of(100), estimate.of(1), estimate.of()]).toEqual([50, 1, 1, 37]);
});

test('what is read now outweighs what was', () => {
  const estimate = new EventEstimate();
  for (let i = 0; i < 1_000; i++) estimate.learn(1_000, 100_000);
  expect(estimate.of(100_000)).toBe(1_000);
  for (let i = 0; i < 1_000; i++) estimate.learn(1_000, 1_000_000);
  expect(estimate.of(1_000_000)).toBeLessThan(1_050);
});

test('estimates of what was read add up to the events that it held', () => {
  const request = fc.record({
    events: fc.integer({ min: 1, max: 500 }),
    each: fc.integer({ min: 500, max: 900 }),
  });
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 100 }), (requests) => {
      const estimate = new EventEstimate();
      for (const { events, each } of requests) estimate.learn(events, events * each);
      const told = requests.reduce((sum, { events, each }) => sum + estimate.of(events * each), 0);
      const held = requests.reduce((sum, { events }) => sum + events, 0);
      expect(Math.abs(told - held)).toBeLessThanOrEqual(requests.length / 2);
    }),
  );
});
