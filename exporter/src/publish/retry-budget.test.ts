import { RetryBudget } from './retry-budget';

describe('RetryBudget', () => {
  it('allows a tenth of the sends as retries once the reserve is spent', () => {
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

  it('keeps a lone sender going at its trickle', () => {
    let now = 0;
    const budget = new RetryBudget({ ratio: 0.1, perSecond: 1, most: 2, now: () => now });
    expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
    now = 1_000;
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
    now = 60_000;
    expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
  });
});
