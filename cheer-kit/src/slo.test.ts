import fc from 'fast-check';
import { ManualClock } from './clock';
import { budgetRemaining, SloTracker, type SloDefinition } from './slo';

const slo: SloDefinition = { name: 'delivery', description: '', objective: 0.99, minBadEvents: 10 };

test('an untouched budget is whole, a spent one 0, an overspent one negative', () => {
  expect(budgetRemaining(0, 0, 0.999)).toBe(1);
  expect(budgetRemaining(1000, 0, 0.999)).toBe(1);
  expect(budgetRemaining(9995, 5, 0.999)).toBeCloseTo(0.5);
  expect(budgetRemaining(999, 1, 0.999)).toBeCloseTo(0);
  expect(budgetRemaining(0, 10, 0.9)).toBeCloseTo(-9);
});

test.each([1, 1.5, -0.1, NaN])('objective %d leaves no budget to reckon with', (objective) => {
  expect(() => new SloTracker({ ...slo, objective }, new ManualClock())).toThrow(RangeError);
});

test('events leave the window after an hour and stay in the totals', () => {
  const clock = new ManualClock();
  const tracker = new SloTracker(slo, clock);
  tracker.record(95, 5);
  clock.advance(3590);
  tracker.record(100, 0);
  expect(tracker.reading()).toMatchObject({ good: 195, bad: 5, budgetRemaining: expect.closeTo(-1.5) });
  clock.advance(10);
  expect(tracker.reading()).toMatchObject({
    good: 100,
    bad: 0,
    budgetRemaining: 1,
    goodTotal: 195,
    badTotal: 5,
  });
  clock.advance(1e6);
  expect(tracker.reading()).toMatchObject({ good: 0, bad: 0, budgetRemaining: 1 });
});

test('the window equals a recount of what fell into its slots', () => {
  const step = fc.record({
    // Often inside a slot, sometimes across many, sometimes beyond the whole window.
    wait: fc.oneof(fc.nat(15_000), fc.nat(600_000), fc.nat(8_000_000)),
    good: fc.nat(1000),
    bad: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.nat(100_000), fc.array(step, { maxLength: 60 }), (start, steps) => {
      const clock = new ManualClock(0, start);
      const tracker = new SloTracker(slo, clock);
      const records: { slot: number; good: number; bad: number }[] = [];
      for (const { wait, good, bad } of steps) {
        clock.advance(wait / 1000);
        tracker.record(good, bad);
        records.push({ slot: Math.floor(clock.monotonic() / 10_000), good, bad });
        const now = Math.floor(clock.monotonic() / 10_000);
        const inside = records.filter(({ slot }) => slot > now - 360);
        const sum = (pick: 'good' | 'bad'): number =>
          inside.reduce((total, record) => total + record[pick], 0);
        expect(tracker.reading()).toMatchObject({ good: sum('good'), bad: sum('bad') });
      }
    }),
  );
});

test('judges no budget by fewer bad events than the minimum', () => {
  const tracker = new SloTracker(slo, new ManualClock());
  tracker.record(1, 9);
  expect(tracker.reading()).toMatchObject({ bad: 9, judgedBudget: 1 });
  expect(tracker.reading().budgetRemaining).toBeLessThan(0);
  tracker.record(0, 1);
  expect(tracker.reading().judgedBudget).toBe(tracker.reading().budgetRemaining);
});
