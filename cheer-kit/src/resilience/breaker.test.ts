import fc from 'fast-check';
import { ManualClock } from '../clock';
import { Breaker, type BreakerOptions } from './breaker';
import { callWindow } from './breaker-window';
import { BreakerOpenError, HttpError } from './errors';

function setUp(changes: Partial<BreakerOptions> = {}) {
  const clock = new ManualClock();
  const window = callWindow({ threshold: 0.5, minimumCalls: 4, windowSeconds: 10, clock });
  const breaker = new Breaker({
    name: 'geo',
    window,
    sleepSeconds: 1,
    maxSleepSeconds: 4,
    clock,
    ...changes,
  });
  const states: string[] = [];
  breaker.subscribe((state) => states.push(state));
  const fail = (error: unknown = new HttpError(503)) =>
    breaker.run(() => Promise.reject(error as Error)).catch((thrown: unknown) => thrown);
  const succeed = () => breaker.run(() => Promise.resolve('answer'));
  const open = async () => {
    for (let i = 0; i < 4; i++) await fail();
    expect(breaker.state).toBe('open');
    states.length = 0;
  };
  return { clock, breaker, states, fail, succeed, open };
}

/** An operation that ends when told. */
function held() {
  let resolve!: (value: string) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<string>((yes, no) => ([resolve, reject] = [yes, no]));
  return { operation: () => promise, resolve, reject };
}

describe('closed', () => {
  test('opens when the window holds enough calls and too large a share failed', async () => {
    const { breaker, fail, states } = setUp();
    for (let i = 0; i < 3; i++) await fail();
    expect(breaker.state).toBe('closed');
    await fail();
    expect(states).toEqual(['open']);
    await expect(fail()).resolves.toBeInstanceOf(BreakerOpenError);
  });

  test('stays closed while half of the calls succeed', async () => {
    const { breaker, fail, succeed } = setUp();
    for (let i = 0; i < 50; i++) {
      await succeed();
      await fail();
    }
    expect(breaker.state).toBe('closed');
  });

  test('forgets what has left the window', async () => {
    const { breaker, clock, fail } = setUp();
    for (let i = 0; i < 20; i++) {
      await fail();
      clock.advance(4);
    }
    expect(breaker.state).toBe('closed');
  });

  test('what is not transient, or was given up, is no failure; errors pass as they are', async () => {
    const { breaker, fail } = setUp();
    const missing = new HttpError(404);
    for (let i = 0; i < 20; i++) {
      expect(await fail(missing)).toBe(missing);
      const signal = AbortSignal.abort();
      await expect(breaker.run(() => Promise.reject(signal.reason as Error), { signal })).rejects.toThrow();
    }
    expect(breaker.state).toBe('closed');
  });
});

describe('open', () => {
  test('tries nothing until its sleep is over, then closes after a probe that succeeds', async () => {
    const { breaker, clock, open, states, succeed } = setUp();
    await open();
    clock.advance(0.999);
    const operation = jest.fn();
    await expect(breaker.run(operation)).rejects.toThrow(/breaker of geo is open/);
    expect(operation).not.toHaveBeenCalled();
    clock.advance(0.001);
    await expect(succeed()).resolves.toBe('answer');
    expect(states).toEqual(['half_open', 'closed']);
  });

  test('goes by the monotonic clock: a wall clock that jumps neither opens nor holds it', async () => {
    const { breaker, clock, open, succeed } = setUp();
    await open();
    const wall = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000);
    await expect(succeed()).rejects.toThrow(BreakerOpenError);
    wall.mockReturnValue(0);
    clock.advance(1);
    await succeed();
    wall.mockRestore();
    expect(breaker.state).toBe('closed');
  });

  test('sleeps twice as long after each probe that fails, up to the most, and as at first after a recovery', async () => {
    const { breaker, clock, fail, open, succeed } = setUp();
    await open();
    for (const sleep of [1, 2, 4, 4]) {
      clock.advance(sleep - 0.001);
      expect(await fail()).toBeInstanceOf(BreakerOpenError);
      clock.advance(0.001);
      expect(await fail()).toBeInstanceOf(HttpError);
      expect(breaker.state).toBe('open');
    }
    clock.advance(4);
    await succeed();
    await open();
    clock.advance(1);
    await succeed();
    expect(breaker.state).toBe('closed');
  });
});

describe('half open', () => {
  test('after its recovery the window begins anew', async () => {
    const { breaker, clock, fail, open, succeed } = setUp();
    await open();
    clock.advance(1);
    await succeed();
    for (let i = 0; i < 3; i++) await fail();
    expect(breaker.state).toBe('closed');
  });

  test('a probe that fails otherwise closes it; one that was given up does not', async () => {
    const { breaker, clock, fail, open } = setUp();
    await open();
    clock.advance(1);
    const stop = AbortSignal.abort();
    await expect(breaker.run(() => Promise.reject(new Error('gone')), { signal: stop })).rejects.toThrow(
      'gone',
    );
    expect(breaker.state).toBe('open');
    clock.advance(2);
    await fail(new HttpError(404));
    expect(breaker.state).toBe('closed');
  });

  test('a call from before it opened neither ends the probe nor counts', async () => {
    const { breaker, clock, open, states } = setUp();
    const old = held();
    const oldRun = breaker.run(old.operation).catch(() => undefined);
    await open();
    clock.advance(1);
    const probe = held();
    const probing = breaker.run(probe.operation);
    old.reject(new HttpError(503));
    await oldRun;
    expect(breaker.state).toBe('half_open');
    probe.resolve('answer');
    await probing;
    expect(states).toEqual(['half_open', 'closed']);
  });

  test('never more than one probe, and only legal turns, under any interleaving', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('call' as const) }) },
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('end' as const),
          which: fc.nat(),
          how: fc.constantFrom('success', 'transient', 'other'),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(0.5, 1, 4) }),
      },
    );
    const next: Record<string, string[]> = {
      closed: ['open'],
      open: ['half_open'],
      half_open: ['closed', 'open'],
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const { breaker, clock, states } = setUp();
        const running: ReturnType<typeof held>[] = [];
        const runs: Promise<unknown>[] = [];
        let begun = 0;
        for (const one of steps) {
          if (one.kind === 'wait') clock.advance(one.seconds);
          else if (one.kind === 'call') {
            const call = held();
            const before = breaker.state;
            const begunBefore = begun;
            const operation = () => {
              begun += 1;
              running.push(call);
              return call.operation();
            };
            runs.push(breaker.run(operation).catch(() => undefined));
            if (before === 'half_open') expect(begun).toBe(begunBefore);
            if (before === 'open' && begun > begunBefore) expect(breaker.state).toBe('half_open');
          } else if (running.length > 0) {
            const [call] = running.splice(one.which % running.length, 1);
            if (one.how === 'success') call!.resolve('answer');
            else call!.reject(one.how === 'transient' ? new HttpError(503) : new Error('bug'));
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
        for (const call of running) call.resolve('answer');
        await Promise.all(runs);
        for (const [i, state] of states.entries()) {
          expect(next[states[i - 1] ?? 'closed']).toContain(state);
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});

test.each([{ sleepSeconds: -1 }, { sleepSeconds: 5 }, { maxSleepSeconds: Number.NaN }])(
  'refuses %p',
  (bad) => {
    expect(() => setUp(bad)).toThrow(RangeError);
  },
);
