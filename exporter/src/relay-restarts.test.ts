import { RelayRestarts } from './relay-restarts';

describe('RelayRestarts', () => {
  it('waits longer after each death, up to 30 s, and anew after one that lived', () => {
    let now = 5;
    const restarts = new RelayRestarts(() => now);
    const lived = (ms: number): number => {
      restarts.started();
      now += ms;
      return restarts.died();
    };
    expect(Array.from({ length: 8 }, () => lived(100))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ]);
    expect(lived(29_999)).toBe(30_000);
    expect(lived(30_000)).toBe(1_000);
    expect(lived(100)).toBe(2_000);
  });

  it('counts the deaths in a row until one has lived', () => {
    let now = 0;
    const restarts = new RelayRestarts(() => now);
    restarts.started();
    expect(restarts.inARow).toBe(0);
    now = 60_000;
    restarts.died();
    expect(restarts.inARow).toBe(1);
    restarts.started();
    now += 100;
    restarts.died();
    now += 60_000; // dead for long is not alive
    expect(restarts.inARow).toBe(2);
    restarts.started();
    expect(restarts.inARow).toBe(2);
    now += 30_000;
    expect(restarts.inARow).toBe(0);
  });
});
