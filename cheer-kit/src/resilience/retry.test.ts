import { HttpError } from './errors';
import { createRetry, fullJitter, type RetryOptions } from './retry';
import { RetryBudget } from './retry-budget';

function setUp(changes: Partial<RetryOptions> = {}) {
  const retries: { attempt: number; delaySeconds: number }[] = [];
  const retry = createRetry({
    ...{ attempts: 4, minMs: 1, maxMs: 4 },
    budget: new RetryBudget({ ratio: 0.1, perSecond: 0, most: 10, now: () => 0 }),
    onRetry: ({ attempt, delaySeconds }) => retries.push({ attempt, delaySeconds }),
    random: () => 1,
    ...changes,
  });
  return { retry, retries };
}

/** Fails with each of these in turn, then answers. */
function failing(...errors: Error[]) {
  const attempts: number[] = [];
  const operation = (attempt: number): Promise<string> => {
    attempts.push(attempt);
    const error = errors.shift();
    return error ? Promise.reject(error) : Promise.resolve('answer');
  };
  return { operation, attempts };
}

const busy = new HttpError(503);

test('tries again what is transient, with doubling delays up to the most', async () => {
  const { retry, retries } = setUp({ attempts: 5 });
  const { operation, attempts } = failing(busy, busy, busy, busy);
  await expect(retry.run(operation)).resolves.toBe('answer');
  expect(attempts).toEqual([1, 2, 3, 4, 5]);
  expect(retries).toEqual([
    { attempt: 2, delaySeconds: 0.001 },
    { attempt: 3, delaySeconds: 0.002 },
    { attempt: 4, delaySeconds: 0.004 },
    { attempt: 5, delaySeconds: 0.004 },
  ]);
});

test('gives up after its attempts, with the last error', async () => {
  const last = new HttpError(504);
  const { operation, attempts } = failing(busy, busy, busy, last);
  await expect(setUp().retry.run(operation)).rejects.toBe(last);
  expect(attempts).toHaveLength(4);
});

test('does not try again what is not transient', async () => {
  const { operation, attempts } = failing(new HttpError(404));
  await expect(setUp().retry.run(operation)).rejects.toMatchObject({ status: 404 });
  expect(attempts).toEqual([1]);
});

test('does not try again when the budget is spent', async () => {
  const budget = new RetryBudget({ ratio: 0, perSecond: 0, most: 1, now: () => 0 });
  const { operation, attempts } = failing(busy, busy, busy);
  await expect(setUp({ budget }).retry.run(operation)).rejects.toBe(busy);
  expect(attempts).toEqual([1, 2]);
});

test('a call that gives up anyway does not pay for a retry', async () => {
  const budget = new RetryBudget({ ratio: 0, perSecond: 0, most: 1, now: () => 0 });
  await expect(setUp({ budget, attempts: 1 }).retry.run(failing(busy).operation)).rejects.toBe(busy);
  expect(budget.spend()).toBe(true);
});

test('waits as Retry-After asks, at most its longest delay', async () => {
  const { retry, retries } = setUp({ maxMs: 20, random: () => 0 });
  const asking = (retryAfterSeconds: number) => new HttpError(429, 'slower', { retryAfterSeconds });
  await retry.run(failing(asking(0.005), asking(3600), busy).operation);
  expect(retries.map(({ delaySeconds }) => delaySeconds)).toEqual([0.005, 0.02, 0]);
});

test('a wait ends at once with its signal, with its reason', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const { retry } = setUp({ minMs: 60_000, maxMs: 60_000, onRetry: () => stop.abort(reason) });
  await expect(retry.run(failing(busy).operation, stop.signal)).rejects.toBe(reason);
});

test('does not try again once the signal is aborted', async () => {
  const { operation, attempts } = failing(busy);
  await expect(setUp().retry.run(operation, AbortSignal.abort())).rejects.toBe(busy);
  expect(attempts).toEqual([1]);
});

test('jitter is full: anything from nothing to the bound', () => {
  const bounds = { minMs: 100, maxMs: 1_000 };
  expect(fullJitter(2, bounds, () => 0)).toBe(0);
  expect(fullJitter(2, bounds, () => 0.999)).toBeCloseTo(99.9);
  expect(fullJitter(4, bounds, () => 0.5)).toBe(200);
  expect(fullJitter(2000, bounds, () => 0.5)).toBe(500);
});

test.each([{ attempts: 0 }, { attempts: 1.5 }, { minMs: -1 }, { minMs: 5, maxMs: 4 }, { maxMs: Number.NaN }])(
  'refuses %p',
  (bad) => {
    expect(() => setUp(bad)).toThrow(RangeError);
  },
);
