import fc from 'fast-check';
import { RetryBudget } from './retry-budget';

describe('RetryBudget', () => {
  it('never allows more than the burst, its share of the calls and its trickle, over any sequence', () => {
    const step = fc.oneof(
      fc.constant('earn' as const),
      fc.constant('spend' as const),
      fc.double({ min: 0, max: 10_000, noNaN: true }),
    );
    const options = fc.record({
      ratio: fc.double({ min: 0, max: 1, noNaN: true }),
      perSecond: fc.double({ min: 0, max: 5, noNaN: true }),
      most: fc.nat(20),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 500 }), (chosen, steps) => {
        let now = 0;
        let calls = 0;
        let retries = 0;
        const budget = new RetryBudget({ ...chosen, now: () => now });
        for (const one of steps) {
          if (one === 'earn') {
            budget.earn();
            calls += 1;
          } else if (one === 'spend') retries += budget.spend() ? 1 : 0;
          else now += one;
          const allowed = chosen.most + chosen.ratio * calls + (chosen.perSecond * now) / 1000;
          expect(retries).toBeLessThanOrEqual(allowed + 1e-9);
        }
      }),
    );
  });

  it('allows a tenth of the calls as retries once the reserve is spent', () => {
    const budget = new RetryBudget({ ratio: 0.1, perSecond: 0, most: 10, now: () => 0 });
    while (budget.spend());
    let retries = 0;
    for (let i = 0; i < 1000; i++) {
      budget.earn();
      if (budget.spend()) retries += 1;
    }
    expect(retries).toBeGreaterThanOrEqual(99);
    expect(retries).toBeLessThanOrEqual(100);
  });

  it('keeps a lone caller going at its trickle', () => {
    let now = 0;
    const budget = new RetryBudget({ ratio: 0.1, perSecond: 1, most: 2, now: () => now });
    expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
    now = 1_000;
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
    now = 60_000;
    expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
  });

  it.each([{ ratio: -0.1 }, { ratio: 1.1 }, { perSecond: -1 }, { most: Number.NaN }])('refuses %p', (bad) => {
    const good = { ratio: 0.1, perSecond: 1, most: 10, now: () => 0 };
    expect(() => new RetryBudget({ ...good, ...bad })).toThrow(RangeError);
  });
});
