import { HttpError } from './errors';
import { parseRetryAfter, retryAfterOf } from './retry-after';

const now = Date.UTC(2026, 0, 1);

test.each([
  ['0', 0],
  ['120', 120],
  [' 7 ', 7],
  ['Thu, 01 Jan 2026 00:01:30 GMT', 90],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['99999999999', undefined],
  ['soon', undefined],
  ['soon GMT', undefined],
  ['2026-01-01', undefined],
  [null, undefined],
  [undefined, undefined],
])('%p is %p s', (value, seconds) => {
  expect(parseRetryAfter(value, now)).toBe(seconds);
});

test('is read from errors that carry it', () => {
  expect(retryAfterOf(new HttpError(503, 'busy', { retryAfterSeconds: 3 }))).toBe(3);
  expect(retryAfterOf(new HttpError(503))).toBeUndefined();
  expect(retryAfterOf(Object.assign(new Error(), { retryAfterSeconds: Number.NaN }))).toBeUndefined();
  expect(retryAfterOf('busy')).toBeUndefined();
});
