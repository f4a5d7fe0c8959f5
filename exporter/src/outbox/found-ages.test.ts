import { FoundAges } from './found-ages';

const aliveAt = 1_000_000_000;
const hour = 3_600_000;

describe('FoundAges', () => {
  it('says of each event when it was accepted, the older the coarser, in few numbers', () => {
    const ages = new FoundAges(aliveAt);
    const acceptedAt = (seq: number): number => aliveAt - 10 * hour + seq * 36;
    const count = 1_000_000;
    for (let seq = 1; seq <= count; seq++) ages.add(0, seq, acceptedAt(seq));
    const stretches = ages.of(0);
    expect(stretches.length).toBeLessThan(1_000);
    expect(stretches.at(-1)?.high).toBe(count);
    let first = 1;
    for (const { high, acceptedAt: at } of stretches) {
      expect(at).toBe(acceptedAt(first));
      expect(acceptedAt(high) - at).toBeLessThanOrEqual(Math.max(100, (aliveAt - at) / 64));
      first = high + 1;
    }
  });

  it('takes nothing for younger than what was accepted after it, whatever the clock did', () => {
    const ages = new FoundAges(aliveAt);
    ages.add(0, 1, aliveAt + 24 * hour);
    ages.add(0, 2, aliveAt - hour);
    ages.add(0, 3, aliveAt);
    expect(ages.of(0)).toEqual([
      { high: 1, acceptedAt: aliveAt - hour },
      { high: 2, acceptedAt: aliveAt - hour },
      { high: 3, acceptedAt: aliveAt },
    ]);
    expect(ages.of(1)).toEqual([]);
  });

  it('lets the wait of a replayed event begin with its replay', () => {
    const replays = {
      get: (_lane: number, seq: number) => (seq === 2 ? { replayedAt: aliveAt - 50 } : undefined),
    };
    const ages = new FoundAges(aliveAt, replays);
    ages.add(0, 1, aliveAt - 100);
    ages.add(0, 2, aliveAt - 48 * hour);
    expect(ages.of(0)).toEqual([{ high: 2, acceptedAt: aliveAt - 100 }]);
  });
});
