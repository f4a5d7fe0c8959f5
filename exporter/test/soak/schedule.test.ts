import { calmSeconds, faultKinds, faultSeconds, planFaults } from './schedule';

const halfHour = { kinds: faultKinds, seed: 7, seconds: 1800 };

describe('planFaults', () => {
  it('gives the same faults for the same seed, and others for another', () => {
    expect(planFaults(halfHour)).toEqual(planFaults(halfHour));
    expect(planFaults(halfHour)).not.toEqual(planFaults({ ...halfHour, seed: 8 }));
  });

  it.each([60, 120, 600, 1800, 7200])('keeps one after the other and both ends calm in %i s', (seconds) => {
    for (let seed = 0; seed < 50; seed++) {
      const plan = planFaults({ kinds: faultKinds, seed, seconds });
      const { before, after } = calmSeconds(seconds);
      let free = before;
      for (const { kind, at, seconds: length } of plan) {
        expect(at).toBeGreaterThanOrEqual(free - 0.1);
        expect(length).toBeGreaterThanOrEqual(faultSeconds[kind][0]);
        expect(length).toBeLessThanOrEqual(faultSeconds[kind][1]);
        free = at + length + 2;
      }
      expect(free - 2).toBeLessThanOrEqual(seconds - after + 0.2);
      expect(plan.length).toBeGreaterThan(0);
    }
  });

  it('has every kind in half an hour, and none that was not asked for', () => {
    expect(new Set(planFaults(halfHour).map(({ kind }) => kind))).toEqual(new Set(faultKinds));
    const some = planFaults({ ...halfHour, kinds: ['slow', 'cut'] });
    expect(new Set(some.map(({ kind }) => kind))).toEqual(new Set(['slow', 'cut']));
  });

  it('lets the last process live for more than half of the run', () => {
    for (let seed = 0; seed < 50; seed++) {
      const restarts = planFaults({ ...halfHour, seed }).filter(({ kind }) => /kill|sigterm/.test(kind));
      expect(restarts.length).toBeGreaterThan(0);
      for (const { at } of restarts) expect(at).toBeLessThan(0.4 * 1800);
    }
    const only = planFaults({ ...halfHour, kinds: ['kill'] });
    expect(only.length).toBeGreaterThan(5);
    expect(only.at(-1)?.at).toBeLessThan(0.4 * 1800);
  });
});
