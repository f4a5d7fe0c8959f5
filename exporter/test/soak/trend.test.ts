import { randomFrom } from '../helpers/random';
import { type Point, slopeOf, trendOf, type TrendRule } from './trend';

const rule: TrendRule = { sharePerHour: 0.25, floor: 20, reduce: 'median' };
const window = { judgeFrom: 600, warmUp: 120 };

/** A sample every 2 s with noise of ±`noise`. */
function points(seconds: number, value: (at: number) => number, noise = 0, life = 0, from = 0): Point[] {
  const random = randomFrom(1);
  return Array.from({ length: seconds / 2 }, (_, index) => {
    const at = from + 2 * index;
    return { at, value: value(at) + noise * (2 * random() - 1), life };
  });
}

it('finds a slope among wild points', () => {
  const line = Array.from({ length: 50 }, (_, at) => ({ at, value: at % 5 === 0 ? 10_000 : 3 * at }));
  expect(slopeOf(line)).toBeCloseTo(3, 0);
  expect(slopeOf([{ at: 1, value: 1 }])).toBe(0);
});

describe('trendOf', () => {
  it('calls steady growth a leak', () => {
    const trend = trendOf(
      points(1200, (at) => 200 + 0.1 * at, 15),
      rule,
      window,
    );
    expect(trend).toMatchObject({ judged: true, leak: true });
    expect(trend?.slopePerHour).toBeGreaterThan(300);
    expect(trend?.slopePerHour).toBeLessThan(420);
  });

  it.each<readonly [string, Point[]]>([
    ['what stays', points(1200, () => 200, 30)],
    ['what shrinks', points(1200, (at) => 400 - 0.1 * at, 15)],
    ['what grows, but less than the share', points(1200, (at) => 1000 + 0.05 * at, 5)],
    ['what grows, but less than the floor', points(1200, (at) => 20 + 0.01 * at)],
    ['what grows, but less than its noise', points(1200, (at) => 200 + 0.03 * at, 60)],
    ['a cache that fills up', points(1800, (at) => 200 + 0.2 * Math.min(at, 700), 10)],
    ['a jump at the warm-up', points(1200, (at) => (at < 100 ? at : 200), 5)],
  ])('does not call %s a leak', (_, series) => {
    expect(trendOf(series, rule, window)).toMatchObject({ judged: true, leak: false });
  });

  it('reports what was observed for too short, but does not judge it', () => {
    const trend = trendOf(
      points(500, (at) => 200 + at),
      rule,
      window,
    );
    expect(trend).toMatchObject({ judged: false, leak: false });
    expect(trend?.slopePerHour).toBeCloseTo(3600, -1);
  });

  it('looks at the longest life only', () => {
    const series = [
      ...points(300, (at) => 100 + at, 0, 0),
      ...points(1000, () => 150, 5, 1, 300),
      ...points(200, (at) => at, 0, 2, 1300),
    ];
    const trend = trendOf(series, rule, window);
    expect(trend?.leak).toBe(false);
    expect(trend?.median).toBeCloseTo(150, -1);
    expect(trend?.observed).toBeGreaterThan(800);
  });

  it('sees a leak under a sawtooth by its low points', () => {
    const sawtooth = (at: number): number => 100 + 0.05 * at + 40 * ((at % 9) / 9);
    expect(trendOf(points(1800, sawtooth), { ...rule, reduce: 'least' }, window)?.leak).toBe(true);
  });

  it('has nothing to say about nothing', () => {
    expect(trendOf([], rule, window)).toBeUndefined();
  });
});
