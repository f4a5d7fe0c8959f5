import { NoInstanceError } from '../discovery/resolver';
import { createDownstream, type DownstreamOptions } from './downstream';
import { BreakerOpenError, BulkheadFullError, CallTimeoutError, HttpError } from './errors';
import type { ResilienceEvent } from './events';
import { ManualClock } from '../clock';

function setUp(changes: Partial<DownstreamOptions> = {}) {
  const clock = new ManualClock();
  const downstream = createDownstream({
    name: 'geo',
    retry: { attempts: 3, minMs: 0, maxMs: 0 },
    breaker: { minimumCalls: 4, sleepSeconds: 1 },
    clock,
    ...changes,
  });
  const events: ResilienceEvent[] = [];
  downstream.subscribe((event) => events.push(event));
  const told = () =>
    events.map((event) => {
      switch (event.type) {
        case 'call':
          return `${event.attempt} ${event.result}`;
        case 'breaker':
          return event.state;
        case 'retry':
        case 'fallback':
          return event.type;
      }
    });
  return { clock, downstream, events, told };
}

const busy = new HttpError(503);
const away = () => Promise.reject(busy);

test('a call that fails in passing is tried again, and every attempt is told', async () => {
  const { downstream, events } = setUp();
  const answers = [busy, undefined];
  const signals = new Set<AbortSignal>();
  const answer = await downstream.call(async (signal, attempt) => {
    signals.add(signal);
    const error = answers.shift();
    if (error) throw error;
    return `answer ${attempt}`;
  });
  expect(answer).toBe('answer 2');
  expect(signals.size).toBe(2);
  expect(events).toEqual([
    { type: 'call', downstream: 'geo', result: 'unavailable', attempt: 1, seconds: 0, error: busy },
    { type: 'retry', downstream: 'geo', attempt: 2, delaySeconds: 0, error: busy },
    { type: 'call', downstream: 'geo', result: 'success', attempt: 2, seconds: 0 },
  ]);
});

test('404 is an answer: it is not tried again and does not open the breaker', async () => {
  const { downstream, told } = setUp();
  for (let i = 0; i < 20; i++) {
    await expect(downstream.call(() => Promise.reject(new HttpError(404)))).rejects.toThrow('404');
  }
  expect(downstream.breakerState).toBe('closed');
  expect(new Set(told())).toEqual(new Set(['1 refused']));
});

test('each attempt has its own time', async () => {
  const { downstream, told } = setUp({ timeoutMs: 5, retry: { attempts: 2, minMs: 0, maxMs: 0 } });
  await expect(downstream.call(() => new Promise(() => undefined))).rejects.toThrow(CallTimeoutError);
  expect(told()).toEqual(['1 ambiguous', 'retry', '2 ambiguous']);
});

test('the breaker opens, refuses without trying, lets one probe through, and closes', async () => {
  const { clock, downstream, told } = setUp({ retry: { attempts: 1 } });
  for (let i = 0; i < 4; i++) await expect(downstream.call(away)).rejects.toBe(busy);
  const operation = jest.fn(async () => 'answer');
  await expect(downstream.call(operation)).rejects.toThrow(BreakerOpenError);
  expect(operation).not.toHaveBeenCalled();
  expect(downstream.breakerState).toBe('open');
  clock.advance(1);
  await downstream.call(operation);
  expect(told().slice(3)).toEqual([
    'open',
    '1 unavailable',
    '0 unavailable',
    'half_open',
    'closed',
    '1 success',
  ]);
});

test('a retry finds the breaker open and ends', async () => {
  const { downstream, told } = setUp({ breaker: { minimumCalls: 1 } });
  await expect(downstream.call(away)).rejects.toThrow(BreakerOpenError);
  expect(told()).toEqual(['open', '1 unavailable', 'retry', '0 unavailable']);
});

test('nobody to call is a failure in passing: it is tried again and opens the breaker', async () => {
  const { downstream, told } = setUp({ breaker: { minimumCalls: 2 } });
  await expect(downstream.call(() => Promise.reject(new NoInstanceError('nobody')))).rejects.toThrow(
    BreakerOpenError,
  );
  expect(told()).toEqual(['1 unavailable', 'retry', 'open', '2 unavailable', 'retry', '0 unavailable']);
});

test('a full bulkhead refuses, and that is neither tried again nor a failure of the downstream', async () => {
  const { downstream, told } = setUp({ bulkhead: { slots: 1, queue: 0 }, breaker: { minimumCalls: 1 } });
  let finish!: (value: string) => void;
  const running = downstream.call(() => new Promise<string>((resolve) => (finish = resolve)));
  await expect(downstream.call(away)).rejects.toThrow(BulkheadFullError);
  finish('answer');
  await running;
  expect(told()).toEqual(['0 unavailable', '1 success']);
});

test('the fallback answers for what failed for good, or lets it fail', async () => {
  const { downstream, told } = setUp({ retry: { attempts: 1 } });
  await expect(downstream.call(away, { fallback: () => 'cached' })).resolves.toBe('cached');
  await expect(downstream.call<string>(away, { fallback: () => undefined })).rejects.toBe(busy);
  expect(told()).toEqual(['1 unavailable', 'fallback', '1 unavailable']);
});

test('the caller’s signal ends the call wherever it is', async () => {
  const reason = new Error('enough');
  const { downstream, told } = setUp({
    bulkhead: { slots: 1, queue: 5 },
    retry: { attempts: 2, minMs: 60_000, maxMs: 60_000 },
  });
  const inFlight = new AbortController();
  const waiting = new AbortController();
  const first = downstream.call(() => new Promise(() => undefined), { signal: inFlight.signal });
  const second = downstream.call(async () => 'never', { signal: waiting.signal });
  waiting.abort(reason);
  await expect(second).rejects.toBe(reason);
  inFlight.abort(reason);
  await expect(first).rejects.toBe(reason);

  const resting = new AbortController();
  downstream.subscribe((event) => void (event.type === 'retry' && resting.abort(reason)));
  await expect(downstream.call(away, { signal: resting.signal })).rejects.toBe(reason);
  expect(told()).toEqual(['1 ambiguous', '1 unavailable', 'retry']);
});

test('a deadline that passes is a failure of the downstream, a plain abort is none', async () => {
  const { clock, downstream } = setUp();
  const never = () => new Promise<never>(() => undefined);
  const ended = (reason: DOMException) => {
    const stop = new AbortController();
    const call = downstream.call(never, { signal: stop.signal }).catch((error: unknown) => error);
    return new Promise((resolve) => setImmediate(resolve)).then(() => {
      stop.abort(reason);
      return call;
    });
  };
  const enough = new DOMException('enough', 'AbortError');
  for (let i = 0; i < 20; i++) expect(await ended(enough)).toBe(enough);
  expect(downstream.breakerState).toBe('closed');
  for (let i = 0; i < 4; i++) await ended(new DOMException('late', 'TimeoutError'));
  expect(downstream.breakerState).toBe('open');
  clock.advance(1);
  // The probe was given up: it has shown nothing.
  expect(await ended(enough)).toBe(enough);
  expect(downstream.breakerState).toBe('open');
});

describe('with a deadline', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());
  const deadlineMs = 1_000;

  test('who waits for a slot until then has no answer, and may have a fallback', async () => {
    const { downstream, told } = setUp({ deadlineMs, timeoutMs: 60_000, bulkhead: { slots: 1 } });
    let finish!: (value: string) => void;
    const running = downstream.call(() => new Promise<string>((resolve) => (finish = resolve)));
    const operation = jest.fn(async () => 'never');
    const late = expect(downstream.call(operation)).rejects.toMatchObject({
      ...{ code: 'call_timeout', timeoutMs: deadlineMs },
    });
    const stale = downstream.call(operation, { fallback: () => 'stale' });
    await jest.advanceTimersByTimeAsync(deadlineMs);
    await late;
    await expect(stale).resolves.toBe('stale');
    expect(operation).not.toHaveBeenCalled();
    // What is under way has its own time, or a crowd in the queue would make a good downstream look bad.
    finish('answer');
    await expect(running).resolves.toBe('answer');
    expect(told()).toEqual(['0 unavailable', '0 unavailable', 'fallback', '1 success']);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('it ends the wait for another attempt, and no attempt begins after it', async () => {
    const { downstream, told } = setUp({ deadlineMs, retry: { attempts: 3, minMs: 90_000, maxMs: 90_000 } });
    const waiting = expect(downstream.call(away)).rejects.toThrow(CallTimeoutError);
    await jest.advanceTimersByTimeAsync(deadlineMs);
    await waiting;
    const failing = expect(
      downstream.call(() => new Promise((_, reject) => setTimeout(() => reject(busy), deadlineMs))),
    ).rejects.toBe(busy);
    await jest.advanceTimersByTimeAsync(deadlineMs);
    await failing;
    expect(told()).toEqual(['1 unavailable', 'retry', '1 unavailable']);
  });

  test("the caller's signal still ends it", async () => {
    const { downstream, told } = setUp({ deadlineMs, retry: { attempts: 3, minMs: 90_000, maxMs: 90_000 } });
    const reason = new Error('enough');
    const stop = new AbortController();
    const stopped = expect(downstream.call(away, { signal: stop.signal })).rejects.toBe(reason);
    await jest.advanceTimersByTimeAsync(1);
    stop.abort(reason);
    await stopped;
    await expect(downstream.call(away, { signal: stop.signal })).rejects.toBe(reason);
    expect(told()).toEqual(['1 unavailable', 'retry']);
    expect(jest.getTimerCount()).toBe(0);
  });
});

test('retries keep to a tenth of the calls', async () => {
  const { downstream, told } = setUp({ breaker: { minimumCalls: 1_000_000 } });
  for (let i = 0; i < 400; i++) await downstream.call(away).catch(() => undefined);
  const retries = told().filter((one) => one === 'retry').length;
  expect(retries).toBeGreaterThanOrEqual(45);
  expect(retries).toBeLessThanOrEqual(50);
});

test.each([
  { timeoutMs: 0 },
  { deadlineMs: 0 },
  { bulkhead: { slots: 0 } },
  { breaker: { threshold: 1 } },
  { breaker: { sleepSeconds: 9, maxSleepSeconds: 1 } },
  { retry: { attempts: 0 } },
  { budgetRatio: 2 },
])('refuses %p', (bad) => {
  expect(() => createDownstream({ name: 'geo', ...bad })).toThrow(RangeError);
});

test.each([{ breaker: { sleepSeconds: 60 } }, { retry: { minMs: 60_000 } }])(
  'a least above the usual most raises it: %p',
  (options) => {
    expect(() => createDownstream({ name: 'geo', ...options })).not.toThrow();
  },
);
