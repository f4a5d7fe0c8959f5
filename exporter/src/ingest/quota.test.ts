import fc from 'fast-check';
import { Quota, TokenBucket } from './quota';

test('a bucket needs a rate and a burst', () => {
  for (const wrong of [0, -1, Number.NaN]) {
    expect(() => new TokenBucket(wrong, 1, () => 0)).toThrow(RangeError);
    expect(() => new TokenBucket(1, wrong, () => 0)).toThrow(RangeError);
  }
});

const steps = fc.array(fc.record({ waitMs: fc.nat(3_000), amount: fc.integer({ min: 1, max: 40 }) }), {
  maxLength: 60,
});

test('between any two moments no more is taken than rate * time + burst', () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 40, max: 100 }),
      (all, rate, burst) => {
        let now = 0;
        const bucket = new TokenBucket(rate, burst, () => now);
        const taken: { at: number; amount: number }[] = [];
        for (const { waitMs, amount } of all) {
          now += waitMs;
          if (bucket.secondsUntil(amount) > 0) continue;
          bucket.take(amount);
          taken.push({ at: now, amount });
        }
        for (let first = 0; first < taken.length; first++) {
          let sum = 0;
          for (let last = first; last < taken.length; last++) {
            sum += taken[last]!.amount;
            const seconds = (taken[last]!.at - taken[first]!.at) / 1000;
            if (sum > rate * seconds + burst + 1e-6) return false;
          }
        }
        return true;
      },
    ),
  );
});

test('who waits as long as it is told is taken', () => {
  fc.assert(
    fc.property(steps, (all) => {
      let now = 0;
      const bucket = new TokenBucket(3, 20, () => now); // some amounts are larger than all of it
      for (const { amount } of all) {
        now += bucket.secondsUntil(amount) * 1000 + 0.001;
        expect(bucket.secondsUntil(amount)).toBe(0);
        bucket.take(amount);
      }
    }),
  );
});

test('what is larger than the whole bucket is taken from a full one, and paid back before anything else', () => {
  let now = 0;
  const bucket = new TokenBucket(10, 100, () => now);
  bucket.take(1);
  expect(bucket.secondsUntil(150)).toBeCloseTo(0.1);
  now = 100;
  expect(bucket.secondsUntil(150)).toBe(0);
  bucket.take(150);
  expect(bucket.tokens).toBe(-50);
  expect(bucket.secondsUntil(1)).toBeCloseTo(5.1);
});

test('a quota reads as what is left of each limit', () => {
  let now = 0;
  const quota = new Quota({ eventsPerSecond: 10, bytesPerSecond: 1_000, burstSeconds: 2 }, () => now);
  quota.take(5, 1_500);
  expect(quota.secondsUntil(1, 1_000)).toBe(0.5);
  now = 100;
  expect(quota.readings()).toEqual([
    { policy: 'events', quota: 20, windowSeconds: 2, remaining: 16, resetSeconds: 1 },
    { policy: 'bytes', quota: 2_000, windowSeconds: 2, remaining: 600, resetSeconds: 2 },
  ]);
  expect(new Quota({ eventsPerSecond: 1, burstSeconds: 1 }, () => now).secondsUntil(1, 1e9)).toBe(0);
});

test('what comes to less than one within the burst is one, in the time that one takes', () => {
  let now = 0;
  const quota = new Quota({ eventsPerSecond: 0.05, burstSeconds: 10 }, () => now);
  const policy = { policy: 'events', quota: 1, windowSeconds: 20 };
  expect(quota.readings()).toEqual([{ ...policy, remaining: 1, resetSeconds: 0 }]);
  quota.take(1, 1);
  expect(quota.secondsUntil(1, 1)).toBe(20);
  expect(quota.readings()).toEqual([{ ...policy, remaining: 0, resetSeconds: 20 }]);
  now = 20_000;
  expect(quota.secondsUntil(1, 1)).toBe(0);
});
