import { ManualClock } from './clock';
import { Health, type HealthCheck } from './health';

const ok: HealthCheck = () => ({ status: 'ok', detail: 'fine' });
const failed: HealthCheck = () => ({ status: 'failed', detail: 'disk is gone' });
const degraded: HealthCheck = () => Promise.resolve({ status: 'degraded', detail: 'slow' });

test('the report has every check and the worst status', async () => {
  const health = new Health({
    checks: { store: ok, sink: degraded },
    readiness: [],
    clock: new ManualClock(),
  });
  const report = await health.report();
  expect(report).toEqual({
    status: 'degraded',
    timestamp: '2025-01-01T00:00:00.000Z',
    checks: { store: { status: 'ok', detail: 'fine' }, sink: { status: 'degraded', detail: 'slow' } },
  });
  const worse = new Health({ checks: { sink: degraded, disk: failed, store: ok }, readiness: [] });
  expect((await worse.report()).status).toBe('failed');
});

test('a check that throws, rejects or hangs has failed, and the others are not held up for longer', async () => {
  let aborted = false;
  const health = new Health({
    checks: {
      throws: () => {
        throw new Error('bug');
      },
      rejects: () => Promise.reject(new Error('away')),
      hangs: (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (aborted = true));
        }),
      ok,
    },
    readiness: [],
    timeoutMs: 20,
  });
  expect((await health.report()).checks).toEqual({
    throws: { status: 'failed', detail: 'bug' },
    rejects: { status: 'failed', detail: 'away' },
    hangs: { status: 'failed', detail: 'no answer within 20 ms' },
    ok: { status: 'ok', detail: 'fine' },
  });
  expect(aborted).toBe(true);
});

test('callers share a run that is under way, and the next one looks anew', async () => {
  let runs = 0;
  const health = new Health({
    checks: {
      store: () => {
        runs += 1;
        return { status: 'ok', detail: '' };
      },
    },
    readiness: [],
  });
  await Promise.all([health.report(), health.report(), health.readiness()]);
  expect(runs).toBe(1);
  await health.report();
  expect(runs).toBe(2);
});

test('readiness needs only the named checks, and degraded is ready', async () => {
  const ready = new Health({ checks: { store: degraded, lookup: failed }, readiness: ['store'] });
  await expect(ready.readiness()).resolves.toEqual({ ok: true });
  const not = new Health({ checks: { store: failed }, readiness: ['store'] });
  await expect(not.readiness()).resolves.toEqual({ ok: false, detail: 'failed: store' });
  expect(() => new Health({ checks: {}, readiness: ['store'] })).toThrow(RangeError);
});

test('draining refuses readiness for good, at once, while liveness holds', async () => {
  let look = 0;
  const health = new Health({
    checks: {
      store: () => {
        look += 1;
        health.drain('SIGTERM');
        health.drain('again');
        return { status: 'ok', detail: '' };
      },
    },
    readiness: ['store'],
  });
  await expect(health.readiness()).resolves.toEqual({ ok: false, detail: 'SIGTERM' });
  await expect(health.readiness()).resolves.toEqual({ ok: false, detail: 'SIGTERM' });
  expect(look).toBe(1);
  expect(health.liveness()).toEqual({ ok: true });
});

test('a probe, which needs no credentials, names what has failed and does not say how', async () => {
  const away = () => Promise.reject(new Error('connect postgres://app:hunter2@10.0.0.5/db failed'));
  const health = new Health({ checks: { db: away, queue: failed, ok }, readiness: ['db', 'queue', 'ok'] });
  await expect(health.readiness()).resolves.toEqual({ ok: false, detail: 'failed: db, queue' });
});

test('credentials in what a check says are masked', async () => {
  const text = 'connect postgres://app:hunter2@10.0.0.5/db failed';
  const health = new Health({
    checks: {
      throws: () => Promise.reject(new Error(text)),
      says: () => ({ status: 'degraded', detail: text }),
    },
    readiness: [],
  });
  const { checks } = await health.report();
  for (const { detail } of Object.values(checks)) {
    expect(detail).toContain('10.0.0.5/db failed');
    expect(detail).not.toContain('hunter2');
  }
});

test('a check that has not ended is not begun again, and has failed until it is', async () => {
  const ends: (() => void)[] = [];
  const health = new Health({
    checks: {
      hangs: () => new Promise((resolve) => ends.push(() => resolve({ status: 'ok', detail: 'at last' }))),
    },
    readiness: ['hangs'],
    timeoutMs: 10,
  });
  const outcome = async () => (await health.report()).checks['hangs'];
  expect(await outcome()).toEqual({ status: 'failed', detail: 'no answer within 10 ms' });
  for (let i = 0; i < 3; i += 1) {
    expect(await outcome()).toEqual({ status: 'failed', detail: 'still running: no answer within 10 ms' });
  }
  expect(ends.length).toBe(1);
  await expect(health.readiness()).resolves.toEqual({ ok: false, detail: 'failed: hangs' });
  ends[0]?.();
  await new Promise(setImmediate);
  const next = outcome();
  await new Promise(setImmediate);
  ends[1]?.();
  expect(await next).toEqual({ status: 'ok', detail: 'at last' });
});

test('a check that returns something else has found nothing', async () => {
  const query = (() => Promise.resolve({ rows: [] })) as unknown as HealthCheck;
  const { checks } = await new Health({ checks: { query }, readiness: [] }).report();
  expect(checks['query']).toEqual({ status: 'ok', detail: 'ok' });
});
