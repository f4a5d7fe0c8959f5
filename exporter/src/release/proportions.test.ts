import fc from 'fast-check';
import { clearlyAbove, quantile, type Share } from './proportions';

const z95 = 1.96;

describe('clearlyAbove', () => {
  // Newcombe 1998, table II: the lower bounds of method 10 are 0.0524, 0.0342, -0.0177 and 0.1705.
  it.each([
    [{ count: 56, of: 70 }, { count: 48, of: 80 }, true],
    [{ count: 9, of: 10 }, { count: 3, of: 10 }, true],
    [{ count: 6, of: 7 }, { count: 2, of: 7 }, true],
    [{ count: 5, of: 56 }, { count: 0, of: 29 }, false],
  ])('%j against %j: %s', (one, other, above) => {
    expect(clearlyAbove(one, other, 0, z95)).toBe(above);
  });

  const share = fc
    .tuple(fc.nat(200), fc.nat(200))
    .map(([count, rest]): Share => ({ count, of: count + rest }));

  it('is never so both ways, nor without samples, nor for equals', () => {
    fc.assert(
      fc.property(share, share, (a, b) => {
        expect(clearlyAbove(a, b, 0) && clearlyAbove(b, a, 0)).toBe(false);
        expect(clearlyAbove(a, a, 0)).toBe(false);
        expect(clearlyAbove(a, { count: 0, of: 0 }, 0)).toBe(false);
        expect(clearlyAbove({ count: 0, of: 0 }, b, 0)).toBe(false);
      }),
    );
  });

  it('minds the margin, however sure it is', () => {
    const [one, other] = [
      { count: 14_000, of: 100_000 },
      { count: 10_000, of: 100_000 },
    ];
    expect(clearlyAbove(one, other, 0.05)).toBe(false);
    expect(clearlyAbove(one, other, 0.03)).toBe(true);
  });
});

describe('quantile', () => {
  it('is the nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect([quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1)]).toEqual([50, 95, 100]);
    expect([quantile([7], 0.5), quantile([], 0.5)]).toEqual([7, undefined]);
  });
});
