import { priorities, type Priority } from './priority';
import { Shedder } from './shedder';

const tickMs = 20;

/** A service that can take `capacity` requests a tick, and what it takes of the load on it. */
function served(load: readonly { tenant: string; priority: Priority; perTick: number }[], seconds: number) {
  let now = 0;
  const capacity = 20;
  let waiting = 0;
  const taken: Record<string, number> = {};
  const sojournMs = (): number => (waiting / capacity) * tickMs;
  const shedder = new Shedder({ targetMs: 50, intervalMs: 500, sojournMs, clock: () => now });
  for (let tick = 0; tick < (seconds * 1000) / tickMs; tick++) {
    if (tick === (seconds * 500) / tickMs) for (const name of Object.keys(taken)) taken[name] = 0;
    shedder.tick();
    // All come in turn, none before the others.
    for (let turn = 0; turn < Math.max(...load.map(({ perTick }) => perTick)); turn++) {
      for (const { tenant, priority, perTick } of load) {
        if (turn >= perTick || shedder.sheds(tenant, priority)) continue;
        shedder.took(tenant, 100);
        waiting++;
        taken[`${tenant} ${priority}`] = (taken[`${tenant} ${priority}`] ?? 0) + 1;
      }
    }
    waiting = Math.max(0, waiting - capacity);
    now += tickMs;
  }
  // Of the second half, as requests a tick.
  const ticks = (seconds * 500) / tickMs;
  return {
    rate: (name: string) => (taken[name] ?? 0) / ticks,
    all: Object.values(taken).reduce((sum, one) => sum + one, 0) / ticks,
    sojournMs: sojournMs(),
    shedder,
  };
}

describe('who is turned away', () => {
  it('nobody, while what comes can be done', () => {
    const { rate, shedder } = served([{ tenant: 'a', priority: 'low', perTick: 20 }], 20);
    expect(rate('a low')).toBe(20);
    expect(shedder.drops).toBe(0);
  });

  it('at ten times the load as much is taken as can be done, and the queue stays short', () => {
    const { all, sojournMs, shedder } = served([{ tenant: 'a', priority: 'normal', perTick: 200 }], 20);
    expect(all).toBeGreaterThan(19);
    expect(sojournMs).toBeLessThan(150);
    expect(shedder.figures().normal).toBeGreaterThan(0);
    expect(shedder.figures()).toMatchObject({ low: 0, high: 0 });
  });

  it('low before normal before high', () => {
    const { rate } = served(
      priorities.map((priority) => ({ tenant: 'a', priority, perTick: 15 })),
      60,
    );
    expect(rate('a high')).toBeGreaterThan(13);
    expect(rate('a low')).toBeLessThan(3);
    expect(rate('a normal')).toBeGreaterThan(rate('a low'));
  });

  it('of one class the tenant that uses most', () => {
    const { rate, all } = served(
      [
        { tenant: 'greedy', priority: 'normal', perTick: 200 },
        { tenant: 'modest', priority: 'normal', perTick: 5 },
      ],
      60,
    );
    expect(rate('modest normal')).toBeGreaterThan(4.5);
    expect(all).toBeGreaterThan(19);
  });

  it('two that want more than all share alike', () => {
    const { rate } = served(
      [
        { tenant: 'a', priority: 'normal', perTick: 200 },
        { tenant: 'b', priority: 'normal', perTick: 60 },
      ],
      60,
    );
    const ratio = rate('a normal') / rate('b normal');
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});
