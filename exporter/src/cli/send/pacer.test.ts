import fc from 'fast-check';
import { Pacer } from './pacer';

const never = new AbortController().signal;

async function play(perSecond: number, gaps: readonly number[]): Promise<number[]> {
  let now = 0;
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      now += ms;
      return Promise.resolve();
    },
  };
  const pacer = new Pacer(perSecond, clock);
  const times: number[] = [];
  for (const gap of gaps) {
    now += gap;
    await pacer.take(never);
    times.push(now);
  }
  return times;
}

test('no second has more events than the rate, also after a pause', async () => {
  const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 500 }), gaps, async (perSecond, source) => {
      const times = await play(perSecond, source);
      // Two slacks of 10 ms: one at the beginning of the second, one at its end.
      const most = Math.ceil(perSecond * 1.02) + 1;
      for (const start of times) {
        expect(times.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(most);
      }
    }),
  );
});

test('a source that is fast enough gets its rate', async () => {
  const times = await play(
    100,
    Array.from({ length: 1000 }, () => 0),
  );
  expect(times.at(-1)).toBeGreaterThan(9_900);
  expect(times.at(-1)).toBeLessThan(10_000);
});
