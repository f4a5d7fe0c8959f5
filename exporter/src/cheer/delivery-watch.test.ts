import { DeliveryWatch } from './delivery-watch';

describe('DeliveryWatch', () => {
  let now: number;
  let good: number;
  let bad: number;
  const watch = (lanes = [{ low: 1, high: 0 }]): DeliveryWatch => {
    const one = new DeliveryWatch({
      targetSeconds: 1,
      now: () => now,
      judge: (more, worse) => {
        good += more;
        bad += worse;
      },
    });
    one.opened(lanes);
    return one;
  };
  beforeEach(() => {
    now = good = bad = 0;
  });

  it('counts what is settled in time as good, and what is quarantined as bad', () => {
    const one = watch();
    one.committed(0, 10);
    now = 500;
    one.settled(0, 4, 0);
    one.settled(0, 10, 1);
    expect([good, bad]).toEqual([9, 1]);
    expect(one.oldestSeconds()).toBe(0);
  });

  it('counts what is late as bad at the target, once, also when it is settled at last', () => {
    const one = watch();
    one.committed(0, 10);
    now = 800;
    one.committed(0, 15);
    now = 1_001;
    one.tick();
    one.tick();
    expect([good, bad]).toEqual([0, 10]);
    expect(one.oldestSeconds()).toBeCloseTo(1.001);
    one.settled(0, 15, 0);
    expect([good, bad]).toEqual([5, 10]);
    now = 60_000;
    one.tick();
    expect([good, bad]).toEqual([5, 10]);
  });

  it('sees lateness at settling even without a tick', () => {
    const one = watch();
    one.committed(0, 2);
    now = 5_000;
    one.settled(0, 1, 0);
    expect([good, bad]).toEqual([0, 1]);
  });

  it('goes on judging when the store is opened again, each event once', () => {
    const one = watch();
    one.committed(0, 10);
    one.settled(0, 4, 0);
    now = 500;
    // Two more are there than were committed: their commit had failed, but reached the disk.
    one.opened([{ low: 3, high: 12 }]);
    one.settled(0, 6, 0);
    expect([good, bad]).toEqual([6, 0]);
    now = 1_200;
    one.tick();
    expect([good, bad]).toEqual([6, 4]);
    one.settled(0, 12, 0);
    expect([good, bad]).toEqual([8, 4]);
    expect(one.oldestSeconds()).toBe(0);
  });

  it('ages a backlog of an earlier process without judging it', () => {
    const one = watch([{ low: 3, high: 9 }]);
    now = 4_000;
    one.tick();
    expect(one.oldestSeconds()).toBe(4);
    one.settled(0, 9, 0);
    expect([good, bad]).toEqual([0, 0]);
    expect(one.oldestSeconds()).toBe(0);
  });
});
