import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import timers from 'node:timers/promises';
import express, { type Express } from 'express';
import { AddressError } from '../http/server';
import { createLogger } from '../logger';
import type { ServiceOptions } from './options';
import { createService, type Service } from './service';

const services: Service[] = [];
const directories: string[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.drain('the test is over')));
  await Promise.all(directories.splice(0).map((path) => rm(path, { recursive: true, force: true })));
});

function make(options: Partial<ServiceOptions> = {}) {
  const lines: string[] = [];
  const service = createService({
    ...{ name: 'shop', version: '1.2.3', handleSignals: false, drainSeconds: 30 },
    admin: { address: '127.0.0.1:0' },
    logger: createLogger({
      service: 'shop',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    }),
    ...options,
  });
  services.push(service);
  const messages = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { service, messages };
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kit-service-'));
  directories.push(path);
  return path;
}

function shop(service: Service): Express {
  const app = express();
  app.use(service.middleware());
  app.get('/orders/:id', (request, response) => {
    service.logger.info({ order: request.params.id }, 'read');
    response.json({ id: request.params.id });
  });
  app.use(service.errorHandler());
  return app;
}

const json = async (url: string): Promise<unknown> => (await fetch(url)).json();
const text = async (url: string): Promise<string> => (await fetch(url)).text();

test('a plain express app gets metrics, health, a cheer and log lines', async () => {
  const { service, messages } = make({ checks: { stock: () => undefined } });
  const { http, admin } = await service.listen(shop(service), '127.0.0.1:0');
  expect(messages()).toMatchObject([{ msg: 'ready', http, admin, service: 'shop' }]);
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await (await fetch(`http://${http}/orders/7`, { headers })).json();
  while (service.engine.batches.cheersTotal === 0) await new Promise((resolve) => setImmediate(resolve));
  service.engine.evaluate();
  expect(messages()[1]).toMatchObject({ msg: 'read', order: '7', correlation_id: traceId });

  expect(await json(`http://${admin}/readyz`)).toEqual({ status: 'ok' });
  expect(await json(`http://${admin}/health`)).toMatchObject({
    status: 'ok',
    checks: { stock: { status: 'ok' }, memory: { status: 'ok' }, event_loop: expect.anything() },
  });
  const metrics = await text(`http://${admin}/metrics`);
  for (const line of [
    'http_requests_total{method="GET",route="/orders/:id",status_code="200"} 1',
    'cheer_slo_events_total{slo="http-availability",result="good"} 1',
    'cheer_slo_objective_ratio{slo="http-latency"} 0.99',
    'cheer_cheers_total{traffic="real"} 1',
    'cheer_build_info{version="1.2.3",track="stable"} 1',
    'feature_flag_info{flag="health-cheer",variant="default"} 1',
    'process_cpu_seconds_total',
  ]) {
    expect(metrics).toContain(line);
  }
  expect(await json(`http://${admin}/api/v1/summary`)).toMatchObject({
    ...{ service: 'shop', version: '1.2.3', track: 'stable', mode: 'normal' },
    cheer: { cheers_total: 1, misses_total: 0 },
    slos: [{ name: 'http-availability', good: 1 }, { name: 'http-latency' }],
  });
});

test('readiness follows the checks that it names', async () => {
  const checks = {
    database() {
      throw new Error('the database is away');
    },
    cache: () => ({ status: 'failed' as const, detail: 'cold' }),
  };
  const both = make({ checks }).service;
  expect(await both.health.readiness()).toEqual({
    ok: false,
    detail: 'failed: database, cache',
  });
  const one = make({ checks, readiness: ['cache'] }).service;
  expect(await one.health.readiness()).toMatchObject({ detail: 'failed: cache' });
  const none = make({ checks, readiness: [] }).service;
  expect(await none.health.readiness()).toEqual({ ok: true });
  expect(() => make({ checks, readiness: ['disk'] })).toThrow(/disk/);
});

test('queues and downstreams are part of the cheer', async () => {
  let depth = 0;
  const { service } = make({
    queues: { jobs: () => ({ depth, capacity: 10, oldestAgeSeconds: 0 }) },
    downstreams: ['payments'],
  });
  depth = 8;
  const { admin } = await service.start();
  const saturation = service.engine.evaluate().conditions.find(({ name }) => name === 'saturation');
  expect(saturation).toMatchObject({ ok: false, figure: 0.8 });

  const payments = service.downstream('payments', { retry: { attempts: 1 }, breaker: { minimumCalls: 1 } });
  await expect(payments.call(() => Promise.resolve(1))).resolves.toBe(1);
  for (let i = 0; i < 3; i++) {
    const down = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    await expect(payments.call(() => Promise.reject(down))).rejects.toThrow();
  }
  expect(service.engine.breakers()).toMatchObject([{ downstream: 'payments', state: 'open' }]);
  expect(await service.health.report()).toMatchObject({
    checks: { 'downstream:payments': { status: 'degraded' } },
  });
  const metrics = await text(`http://${admin}/metrics`);
  expect(metrics).toContain('downstream_calls_total{downstream="payments",result="success"} 1');
  expect(metrics).toContain('cheer_breaker_state{downstream="payments",state="open"} 1');
  expect(metrics).toContain('cheer_queue_depth{queue="jobs"} 8');
  expect(() => service.downstream('other')).toThrow(/other/);
  expect(() => service.downstream('payments')).toThrow(/share/);
});

describe('drain', () => {
  test('readiness goes first, what runs ends, then releases in reverse order, then the admin port', async () => {
    // The lag ends when the test says so.
    let lagIsOver: () => void = () => undefined;
    const lag = new Promise<void>((resolve) => (lagIsOver = resolve));
    const sleep = jest.spyOn(timers, 'setTimeout').mockReturnValueOnce(lag);
    const { service, messages } = make({ readinessLagSeconds: 600 });
    let answer: ServerResponse | undefined;
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    const app = express();
    app.use(service.middleware());
    app.get('/slow', (_request, response) => {
      answer = response;
      asked();
    });
    app.get('/quick', (_request, response) => void response.end());
    const { http, admin } = await service.listen(app, '127.0.0.1:0');
    const order: string[] = [];
    service.onDrain(async () => {
      order.push('first opened');
      expect((await fetch(`http://${admin}/healthz`)).status).toBe(200);
    });
    service.onDrain(() => order.push('last opened'));
    const slow = fetch(`http://${http}/slow`);
    await arrived;

    const drained = service.drain('SIGTERM');
    expect((await fetch(`http://${admin}/readyz`)).status).toBe(503);
    expect((await fetch(`http://${admin}/healthz`)).status).toBe(200);
    const quick = await fetch(`http://${http}/quick`);
    expect([quick.status, quick.headers.get('connection')]).toEqual([200, 'close']);
    expect(service.engine.mode().mode).toBe('draining');
    expect(order).toEqual([]);
    expect(sleep).toHaveBeenCalledWith(600_000);
    sleep.mockRestore();
    lagIsOver();
    answer?.end('whole');
    expect(await (await slow).text()).toBe('whole');
    await drained;
    expect(order).toEqual(['last opened', 'first opened']);
    await expect(fetch(`http://${admin}/healthz`)).rejects.toThrow();
    await expect(fetch(`http://${http}/quick`)).rejects.toThrow();
    expect(messages().map(({ msg }) => msg)).toEqual(['ready', 'draining', 'drained']);
    await expect(service.start()).rejects.toThrow(/over/);
  });

  test('what does not end is cut in time, and is the service’s fault', async () => {
    const { service } = make({ drainSeconds: 0.05 });
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    const app = express();
    app.use(service.middleware());
    app.get('/never', () => asked());
    const { http } = await service.listen(app, '127.0.0.1:0');
    const never = fetch(`http://${http}/never`);
    never.catch(() => undefined);
    await arrived;
    service.onDrain(() => new Promise(() => undefined));
    await service.drain('test');
    // As soon as it is over: the process ends then.
    expect(service.engine.batches.missesOf('error', 'real')).toBe(1);
    await expect(never).rejects.toThrow();
  });

  test.each([
    ['all of its time', 30_000, []],
    ['six tenths of it where something is closed after them', 18_000, [() => undefined]],
  ])('requests get %s', async (_what, withinMs, releases) => {
    const { service } = make({ drainSeconds: 30 });
    await service.listen(shop(service), '127.0.0.1:0');
    for (const release of releases) service.onDrain(release);
    const timer = jest.spyOn(global, 'setTimeout');
    await service.drain('test');
    const waits = timer.mock.calls.map(([, ms]) => ms);
    timer.mockRestore();
    expect(waits).toContain(withinMs);
  });

  test('the lag is for every service that was ready, and for no other', async () => {
    const sleep = jest.spyOn(timers, 'setTimeout').mockImplementation(() => Promise.resolve());
    try {
      const { service } = make({ readinessLagSeconds: 600 });
      await service.start({ grpc: '127.0.0.1:50051' });
      await service.drain('test');
      expect(sleep).toHaveBeenCalledWith(600_000);
      sleep.mockClear();
      await make({ readinessLagSeconds: 600 }).service.drain('test');
      const failing = make({ readinessLagSeconds: 600, flagsFile: '/none/flags.json' }).service;
      await expect(failing.start()).rejects.toThrow();
      expect(sleep).not.toHaveBeenCalledWith(600_000);
    } finally {
      sleep.mockRestore();
    }
  });

  test('what is asked for to the last is told when it begins, and a stream of events ends well', async () => {
    const { service } = make();
    const app = express();
    app.use(service.middleware());
    app.get('/stream', (_request, response) => {
      response.type('text/event-stream').write('data: 1\n\n');
      service.draining.addEventListener('abort', () => response.end('event: bye\n\n'));
    });
    const { http } = await service.listen(app, '127.0.0.1:0');
    const stream = await fetch(`http://${http}/stream`);
    expect(service.draining.aborted).toBe(false);
    const drained = service.drain('SIGTERM');
    expect(service.draining.aborted).toBe(true);
    expect(service.draining.reason).toMatchObject({ message: 'draining: SIGTERM' });
    expect(await stream.text()).toBe('data: 1\n\nevent: bye\n\n');
    await drained;
    expect(service.engine.batches.cheersTotal).toBe(1);
  });

  test('a stream of events that it cuts is nobody’s fault, and all is counted when it is over', async () => {
    const { service } = make({ drainSeconds: 0.05 });
    const app = express();
    app.use(service.middleware());
    app.get('/stream', (_request, response) => void response.type('text/event-stream').write('data: 1\n\n'));
    const { http } = await service.listen(app, '127.0.0.1:0');
    const stream = await fetch(`http://${http}/stream`);
    await service.drain('test');
    await expect(stream.text()).rejects.toThrow();
    expect(service.engine.batches.missesTotal).toBe(0);
    expect(service.engine.batches.cheersTotal).toBe(1);
    expect(await service.registry.metrics()).toContain(
      'http_requests_total{method="GET",route="/stream",status_code="200"} 1',
    );
  });

  test('of a service that was never started has nothing to wait for', async () => {
    const { service } = make();
    const released = jest.fn();
    service.onDrain(released);
    await service.drain('test');
    await service.drain('again');
    expect(released).toHaveBeenCalledTimes(1);
  });

  test('during the start waits for it', async () => {
    const { service } = make();
    const starting = service.listen(shop(service), '127.0.0.1:0');
    const drained = service.drain('test');
    const { http, admin } = await starting;
    await drained;
    await expect(fetch(`http://${http}/orders/1`)).rejects.toThrow();
    await expect(fetch(`http://${admin}/healthz`)).rejects.toThrow();
  });
});

describe('a start that fails leaves nothing open', () => {
  test.each(['http', 'admin'])('because the %s address is taken', async (which) => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { service, messages } = make(which === 'admin' ? { admin: { address: taken } } : {});
    const server = createServer(shop(service));
    await expect(service.listen(server, which === 'http' ? taken : '127.0.0.1:0')).rejects.toThrow(
      AddressError,
    );
    expect(server.listening).toBe(false);
    expect(messages()).toMatchObject([
      { level: 'error', msg: 'the service could not start', err: { code: 'address_unusable' } },
      { msg: 'draining' },
      { msg: 'drained' },
    ]);
    await new Promise((resolve) => other.close(resolve));
  });

  test('because its server listens already', async () => {
    const { service } = make();
    const server = createServer(shop(service));
    const twice = [service.listen(server, '127.0.0.1:0'), service.listen(server, '127.0.0.1:0')];
    await expect(Promise.all(twice)).rejects.toThrow(AddressError);
    await service.drain('test');
    expect(server.listening).toBe(false);
  });

  test('because the flags file is not there', async () => {
    const { service } = make({ flagsFile: join(await directory(), 'none.json') });
    await expect(service.start()).rejects.toMatchObject({ code: 'flags_file' });
  });
});

test('flags: the kill switch reads disabled everywhere, and says so', async () => {
  const flagsFile = join(await directory(), 'flags.json');
  const flags = {
    'health-cheer': { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
  };
  await writeFile(flagsFile, JSON.stringify({ flags }));
  const { service } = make({ flagsFile });
  expect(service.flags.value('health-cheer')).toBe(true);
  expect(service.flags.list().map(({ flag }) => flag)).toContain('sampling-ratio');
  const { admin } = await service.start();
  expect(service.flags.value('health-cheer')).toBe(false);
  expect(service.engine.verdict().state).toBe('disabled');
  expect(await text(`http://${admin}/metrics`)).toContain(
    'feature_flag_info{flag="health-cheer",variant="off"} 1',
  );
  expect(await json(`http://${admin}/health`)).toMatchObject({ checks: { flags: { status: 'ok' } } });
  expect(await json(`http://${admin}/api/v1/flags`)).toMatchObject({
    flags: [{ flag: 'health-cheer', variant: 'off', value: false }, {}, {}],
  });
});

test('flags: the share of traces holds from the first one on', async () => {
  const flagsFile = join(await directory(), 'flags.json');
  const flags = {
    'sampling-ratio': { state: 'ENABLED', variants: { none: 0 }, defaultVariant: 'none' },
  };
  await writeFile(flagsFile, JSON.stringify({ flags }));
  // Nothing is recorded, so nothing is sent there.
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:1';
  try {
    const { service } = make({ flagsFile });
    const { admin } = await service.start();
    expect(service.tracer.startSpan('a', { root: true }).isRecording()).toBe(false);
    // What it begins with is no change.
    expect(await json(`http://${admin}/api/v1/events`)).toMatchObject({ events: [] });
  } finally {
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  }
});

test('flags: one that is not there does not compile, and throws', () => {
  const { service } = make();
  // @ts-expect-error -- no such flag
  expect(() => service.flags.value('typo')).toThrow(RangeError);
});

test('recent events outlive a restart where there is a place for them', async () => {
  const stateDir = await directory();
  const first = make({ stateDir }).service;
  await first.start();
  first.engine.batchMissed({ reason: 'error', traffic: 'real', detail: 'GET /x answered 500' });
  await first.drain('test');
  expect(await readFile(join(stateDir, 'recent-events.json'), 'utf8')).toContain('GET /x answered 500');
  const { admin } = await make({ stateDir }).service.start();
  const { events } = (await json(`http://${admin}/api/v1/events`)) as { events: { detail: string }[] };
  expect(events.map(({ detail }) => detail)).toContain('GET /x answered 500');
});

test('a server of one’s own, and a second one', async () => {
  const { service, messages } = make();
  const own = createServer(shop(service));
  const first = await service.listen(own, '127.0.0.1:0');
  const second = await service.listen((_request, response) => void response.end('second'), '127.0.0.1:0');
  expect(own.listening).toBe(true);
  expect(await text(`http://${second.http}/`)).toBe('second');
  expect(second.admin).toBe(first.admin);
  expect(messages().map(({ msg }) => msg)).toEqual(['ready', 'listening']);
});

test('start tells the addresses of servers that the kit does not know', async () => {
  const { service, messages } = make();
  await service.start({ grpc: '127.0.0.1:50051' });
  expect(messages()).toMatchObject([{ msg: 'ready', grpc: '127.0.0.1:50051', admin: expect.any(String) }]);
});

test('the line ready comes at any level', async () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const { service } = make({ logger: createLogger({ service: 'shop', level: 'silent', destination }) });
  await service.start();
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ msg: 'ready' }]);
});

test('the admin port of loopback answers no foreign name', async () => {
  const { admin } = await make().service.start();
  const [, port] = admin.split(':');
  const status = await new Promise((resolve) =>
    get({ port, host: '127.0.0.1', path: '/metrics', headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }),
  );
  expect(status).toBe(421);
});
