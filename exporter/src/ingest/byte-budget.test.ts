import fc from 'fast-check';
import { ByteBudget } from './byte-budget';

const never = new AbortController().signal;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ByteBudget', () => {
  it('refuses a capacity that is no positive number', () => {
    for (const capacity of [0, -1, Number.NaN]) expect(() => new ByteBudget(capacity)).toThrow(RangeError);
  });

  it('takes what fits and nothing of what does not', () => {
    const budget = new ByteBudget(10);
    expect(budget.tryReserve(7)).toBe(true);
    expect(budget.tryReserve(4)).toBe(false);
    expect(budget.used).toBe(7);
    expect(budget.tryReserve(3)).toBe(true);
  });

  it('serves in the order of asking: a small one never overtakes a large one that waits', async () => {
    const budget = new ByteBudget(10);
    budget.tryReserve(6);
    const order: string[] = [];
    void budget.reserve(8, never).then(() => order.push('large'));
    void budget.reserve(1, never).then(() => order.push('small'));
    expect(budget.tryReserve(1)).toBe(false);
    await settle();
    expect(order).toEqual([]);
    budget.release(6);
    await settle();
    expect(order).toEqual(['large', 'small']);
    expect(budget.used).toBe(9);
  });

  it('charges beyond its capacity, and makes what comes next wait for it', async () => {
    const budget = new ByteBudget(10);
    budget.charge(15);
    expect(budget.used).toBe(15);
    expect(budget.tryReserve(1)).toBe(false);
    budget.release(6);
    await budget.reserve(1, never);
    expect(budget.used).toBe(10);
  });

  it('lets something larger than everything go alone, rather than never', async () => {
    const budget = new ByteBudget(10);
    expect(budget.tryReserve(25)).toBe(true);
    expect(budget.tryReserve(1)).toBe(false);
    budget.release(25);
    await budget.reserve(11, never);
    expect(budget.used).toBe(11);
  });

  it('forgets a waiter whose signal aborts, and serves those behind it', async () => {
    const budget = new ByteBudget(10);
    budget.tryReserve(6);
    const controller = new AbortController();
    const large = budget.reserve(8, controller.signal);
    const small = budget.reserve(2, never);
    controller.abort(new Error('deadline'));
    await expect(large).rejects.toThrow('deadline');
    await small;
    expect(budget.used).toBe(8);
    expect(budget.waiting).toBe(0);
    await expect(budget.reserve(1, controller.signal)).rejects.toThrow('deadline');
    expect(budget.used).toBe(8);
  });

  it('refuses to give back more than was taken', () => {
    const budget = new ByteBudget(10);
    budget.tryReserve(3);
    expect(() => budget.release(4)).toThrow(RangeError);
  });

  it('never exceeds its capacity, loses nothing and strands nobody, whatever the order', async () => {
    const action = fc.record({ bytes: fc.integer({ min: 1, max: 10 }), abort: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
        const budget = new ByteBudget(10);
        const held: number[] = [];
        const controllers: AbortController[] = [];
        for (const { bytes, abort } of actions) {
          const controller = new AbortController();
          controllers.push(controller);
          budget.reserve(bytes, controller.signal).then(
            () => held.push(bytes),
            () => undefined,
          );
          if (abort) controllers[Math.floor(controllers.length / 2)]?.abort();
          await settle();
          expect(budget.used).toBeLessThanOrEqual(10);
          expect(budget.used).toBe(held.reduce((sum, one) => sum + one, 0));
        }
        while (held.length > 0) {
          budget.release(held.shift() as number);
          await settle();
          expect(budget.used).toBe(held.reduce((sum, one) => sum + one, 0));
        }
        expect(budget.waiting).toBe(0);
        expect(budget.used).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
