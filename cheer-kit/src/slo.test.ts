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
        const recount = (slots: number): { good: number; bad: number } => {
          const inside = records.filter(({ slot }) => slot > now - slots);
          const sum = (pick: 'good' | 'bad'): number =>
            inside.reduce((total, record) => total + record[pick], 0);
          return { good: sum('good'), bad: sum('bad') };
        };
        const { burnRates, ...reading } = tracker.reading();
        expect(reading).toMatchObject(recount(360));
        expect(burnRates.slice(0, 2)).toMatchObject([recount(30), recount(360)]);
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

describe('burn rates', () => {
  test('are the bad part over the part that may be bad, over five minutes, one hour and six', () => {
    const clock = new ManualClock();
    const tracker = new SloTracker(slo, clock);
    expect(tracker.reading().burnRates).toEqual(
      [300, 3600, 21_600].map((windowSeconds) => ({ windowSeconds, coveredSeconds: 0, good: 0, bad: 0 })),
    );
    tracker.record(90, 10);
    clock.advance(2 * 3600);
    tracker.record(98, 2);
    clock.advance(600);
    tracker.record(100, 0);
    const rates = tracker.reading().burnRates;
    expect(rates).toMatchObject([
      { coveredSeconds: 300, good: 100, bad: 0, rate: 0 },
      { coveredSeconds: 3600, good: 198, bad: 2, rate: expect.closeTo(1) },
      { coveredSeconds: 7800, good: 288, bad: 12, rate: expect.closeTo(4) },
    ]);
    clock.advance(6 * 3600);
    expect(tracker.reading().burnRates[2]).toMatchObject({ coveredSeconds: 21_600, good: 0, bad: 0 });
  });

  test('a budget that burns at rate 1 for the whole window is spent', () => {
    const tracker = new SloTracker(slo, new ManualClock());
    tracker.record(990, 10);
    const { budgetRemaining: left, burnRates } = tracker.reading();
    expect(left).toBeCloseTo(0);
    expect(burnRates[1]?.rate).toBeCloseTo(1);
  });
});
