import { medianOf, quantileOf } from './quantile';

test('between the two nearest', () => {
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(medianOf([4, 1, 2, 3])).toBe(2.5);
  expect(medianOf([])).toBeNaN();
  expect(quantileOf([0, 10], 0.9)).toBeCloseTo(9);
});
