import { trendOf } from './trend';

test.each([
  [0.5, 0.5, 'acceptable'],
  [1, 1, 'acceptable'],
  [0.5, 3, 'increasing'],
  [3, 3, 'critical'],
  [Infinity, Infinity, 'critical'],
  [3, 0, 'recovering'],
  [undefined, 3, 'none'],
  [3, undefined, 'none'],
  [NaN, 3, 'none'],
  [3, NaN, 'none'],
])('long %p, short %p: %s', (long, short, trend) => {
  expect(trendOf(long, short)).toBe(trend);
});
