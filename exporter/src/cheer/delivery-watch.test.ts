import { DeliveryWatch, type OpenedLane } from './delivery-watch';

describe('DeliveryWatch', () => {
  let now: number;
  let good: number;
  let bad: number;
  let wall: number;
  const empty: OpenedLane = { low: 1, high: 0, found: [], replayed: [] };
  /** One real lane, and the synthetic one. */
  const watch = (lane: Partial<OpenedLane> = {}, aliveAt = 0, synthetic = empty): DeliveryWatch => {
    const one = new DeliveryWatch({
      targetSeconds: 1,
      now: () => now,
      wallClock: () => wall + now,
      judge: (more, worse) => {
        good += more;
        bad += worse;
      },
    });
    one.opened([{ ...empty, ...lane }, synthetic], aliveAt);
    return one;
  };
  beforeEach(() => {
    now = good = bad = 0;
    wall = 1_000_000;
  });

  it('counts what is settled in time as good, and what is quarantined as bad', () => {
    const one = watch();
    one.committed(0, 10);
    now = 500;
    one.settled(0, 4, []);
    one.settled(0, 10, [7]);
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
    one.settled(0, 15, []);
    expect([good, bad]).toEqual([5, 10]);
    now = 60_000;
    one.tick();
    expect([good, bad]).toEqual([5, 10]);
  });

  it('sees lateness at settling even without a tick', () => {
    const one = watch();
    one.committed(0, 2);
    now = 5_000;
    one.settled(0, 1, []);
    expect([good, bad]).toEqual([0, 1]);
  });

  it('goes on judging when the store is opened again, each event once', () => {
    const one = watch();
    one.committed(0, 10);
    one.settled(0, 4, []);
    now = 500;
    // Two more are there than were committed: their commit had failed, but reached the disk.
    one.opened([{ ...empty, low: 3, high: 12 }, empty], 0);
    one.settled(0, 6, []);
    expect([good, bad]).toEqual([6, 0]);
    now = 1_200;
    one.tick();
    expect([good, bad]).toEqual([6, 4]);
    one.settled(0, 12, []);
    expect([good, bad]).toEqual([8, 4]);
    expect(one.oldestSeconds()).toBe(0);
  });

  it('counts what was late and then refused once', () => {
    const one = watch();
    one.committed(0, 10);
    now = 900;
    one.committed(0, 20);
    now = 1_100;
    one.settled(0, 20, [3, 15]);
    expect([good, bad]).toEqual([9, 11]);
  });

  it('judges what an earlier process left by when it was accepted: late there it was judged there', () => {
    // That process was last seen alive at 998,000; 1 to 4 were late by then, 5 to 9 were not.
    const found = [
      { high: 4, acceptedAt: 996_900 },
      { high: 9, acceptedAt: 997_500 },
      { high: 12, acceptedAt: 999_800 },
    ];
    const one = watch({ high: 12, found }, 998_000);
    expect(one.oldestSeconds()).toBeCloseTo(3.1);
    expect(one.waitsSince(0)).toBe(-3_100);
    one.tick();
    expect([good, bad]).toEqual([0, 5]);
    now = 500;
    one.settled(0, 12, []);
    expect([good, bad]).toEqual([3, 5]);
  });

  it('takes what comes from the future, by a clock that was moved back, for new', () => {
    const one = watch({ high: 3, found: [{ high: 3, acceptedAt: 90_000_000 }] }, 90_000_100);
    expect(one.oldestSeconds()).toBe(0);
    now = 1_001;
    one.tick();
    expect([good, bad]).toEqual([0, 3]);
  });

  it('is not moved by the clock while it runs', () => {
    const one = watch();
    one.committed(0, 5);
    wall += 86_400_000;
    now = 10;
    one.tick();
    one.settled(0, 5, []);
    expect([good, bad]).toEqual([5, 0]);
  });

  it('does not judge a replayed event again, late or refused or through, over a restart either', () => {
    const one = watch({ low: 5, high: 7, found: [{ high: 7, acceptedAt: 999_900 }], replayed: [6] }, 999_950);
    one.excuse(0, 9);
    one.excuse(0, 10);
    one.excuse(0, 11);
    one.committed(0, 11);
    one.settled(0, 9, [6]);
    expect([good, bad]).toEqual([3, 0]); // 5, 7 and 8
    now = 5_000;
    one.tick();
    one.settled(0, 11, [10]);
    expect([good, bad]).toEqual([3, 0]);
  });

  it('gives synthetic events an age and no judgement', () => {
    const one = watch();
    one.committed(1, 2);
    now = 2_000;
    one.tick();
    one.settled(1, 1, []);
    expect(one.waitsSince(1)).toBe(0);
    expect([good, bad, one.oldestSeconds()]).toEqual([0, 0, 0]);
  });
});
