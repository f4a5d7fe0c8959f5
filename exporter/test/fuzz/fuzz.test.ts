import { fuzz } from './run';

/** The short form of `npm run fuzz`: the same inputs every time. */
describe('readers of what others send', () => {
  it('keep their promises for twenty thousand inputs', async () => {
    const { inputs, findings } = await fuzz({ runs: 20_000, seed: 1, seconds: 240 });
    expect(findings).toEqual([]);
    expect(Object.values(inputs).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(20_000);
  }, 300_000);
});
