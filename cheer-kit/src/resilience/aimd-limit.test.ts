import fc from 'fast-check';
import { ManualClock } from '../clock';
import { AimdLimit, type AimdOptions, type AimdResult } from './aimd-limit';

function setUp(changes: Partial<AimdOptions> = {}) {
  const clock = new ManualClock();
  const limit = new AimdLimit({ min: 2, max: 16, clock, ...changes });
  /** So many at once, which all end like this. */
  const round = async (count: number, result: AimdResult) => {
    const ends = await Promise.all(Array.from({ length: count }, () => limit.acquire()));
    for (const end of ends) end(result);
  };
  return { clock, limit, round };
}

test('falls by half when most of a window is bad, once in the window, and never below its least', async () => {
  const { clock, limit, round } = setUp();
  await round(4, 'bad');
  expect(limit.limit).toBe(16);
  await round(1, 'bad');
  expect(limit.limit).toBe(8);
  await round(8, 'bad');
  await round(8, 'bad');
  expect(limit.limit).toBe(8);
  for (const expected of [4, 2, 2]) {
    clock.advance(1);
    for (let i = 0; i < 5; i++) await round(1, 'bad');
    expect(limit.limit).toBe(expected);
  }
});

test('one stuck source among many does not make it fall, nor do failures of other windows', async () => {
  const { clock, limit, round } = setUp();
  for (let i = 0; i < 20; i++) {
    await round(15, 'good');
    await round(1, 'bad');
    clock.advance(0.1);
  }
  for (let i = 0; i < 20; i++) {
    await round(4, 'bad');
    clock.advance(1);
  }
  expect(limit.limit).toBe(16);
});

test('what began before it fell does not make it fall again', async () => {
  const { clock, limit } = setUp();
  const ends = await Promise.all(Array.from({ length: 16 }, () => limit.acquire()));
  for (const end of ends.splice(0, 5)) end('bad');
  expect(limit.limit).toBe(8);
  clock.advance(5);
  for (const end of ends) end('bad');
  expect(limit.limit).toBe(8);
});

test('rises by one for each whole limit of good ones, only while it is used up, up to its most', async () => {
  const { limit, round } = setUp();
  await round(5, 'bad');
  expect(limit.limit).toBe(8);
  for (let i = 0; i < 100; i++) await round(7, 'good');
  expect(limit.limit).toBe(8);
  // Of eight at once only the last one found the limit used up.
  for (let i = 0; i < 9; i++) await round(8, 'good');
  expect(limit.limit).toBe(9);
  for (let i = 0; i < 400; i++) await round(limit.limit, 'good');
  expect(limit.limit).toBe(16);
});

test('what was not tried says nothing', async () => {
  const { limit, round } = setUp();
  for (let i = 0; i < 10; i++) await round(16, 'neither');
  expect(limit.limit).toBe(16);
});

test('who gives up waiting rejects with the reason and takes no slot', async () => {
  const { limit } = setUp({ min: 1, max: 1 });
  const end = await limit.acquire();
  const stop = new AbortController();
  const reason = new Error('enough');
  const waiting = limit.acquire(stop.signal);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  end('good');
  expect(limit.inFlight).toBe(0);
  await expect(limit.acquire(stop.signal)).rejects.toBe(reason);
});

describe('with patience', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('what hangs gives its slot to who waits, once, and its result still counts', async () => {
    const { limit } = setUp({ min: 1, max: 1, minimumResults: 1, patienceSeconds: 1 });
    const hanging = await limit.acquire();
    const waiting = limit.acquire();
    jest.advanceTimersByTime(999);
    expect(limit.inFlight).toBe(1);
    jest.advanceTimersByTime(1);
    const next = await waiting;
    hanging('good');
    expect(limit.inFlight).toBe(1);
    next('good');
    expect(limit.inFlight).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('failures of what has hung make it fall', async () => {
    const { limit } = setUp({ patienceSeconds: 1 });
    const ends = await Promise.all(Array.from({ length: 5 }, () => limit.acquire()));
    jest.advanceTimersByTime(1_000);
    for (const end of ends) end('bad');
    expect(limit.limit).toBe(8);
  });
});

test('stays between its bounds, lets no more in than the limit, and serves in order, over any sequence', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('begin' as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        which: fc.nat(),
        result: fc.constantFrom<AimdResult>('good', 'bad', 'bad', 'neither'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('give up' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
      const { clock, limit } = setUp({ min: 1, max: 5, minimumResults: 2 });
      const running: ((result: AimdResult) => void)[] = [];
      const waiting = new Map<number, AbortController>();
      const served: number[] = [];
      const settle = () => new Promise((resolve) => setImmediate(resolve));
      let next = 0;
      for (const one of steps) {
        const before = limit.inFlight;
        if (one.kind === 'begin') {
          const id = next++;
          const stop = new AbortController();
          waiting.set(id, stop);
          limit.acquire(stop.signal).then(
            (end) => {
              waiting.delete(id);
              served.push(id);
              running.push(end);
            },
            () => undefined,
          );
        } else if (one.kind === 'wait') clock.advance(1);
        else if (one.kind === 'give up') {
          const id = [...waiting.keys()][one.which % Math.max(1, waiting.size)];
          if (id !== undefined) waiting.get(id)!.abort(new Error('enough'));
          if (id !== undefined) waiting.delete(id);
        } else if (running.length > 0) running.splice(one.which % running.length, 1)[0]!(one.result);
        await settle();
        expect(limit.limit).toBeGreaterThanOrEqual(1);
        expect(limit.limit).toBeLessThanOrEqual(5);
        expect(limit.inFlight).toBe(running.length);
        // A limit that has fallen is reached as operations end: until then nothing begins.
        if (limit.inFlight > before) expect(limit.inFlight).toBeLessThanOrEqual(limit.limit);
        if (waiting.size > 0) expect(limit.inFlight).toBeGreaterThanOrEqual(limit.limit);
      }
      expect(served).toEqual([...served].sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
}, 30_000);

test.each([
  { min: 0 },
  { min: 17 },
  { max: 1.5 },
  { windowSeconds: 0 },
  { threshold: 2 },
  { minimumResults: 0 },
  { backoff: 1 },
  { patienceSeconds: 0 },
])('refuses %p', (bad) => {
  expect(() => setUp(bad)).toThrow(RangeError);
});
