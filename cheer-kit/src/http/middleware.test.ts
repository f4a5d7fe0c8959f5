import { createServer, get, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import express, { type Express } from 'express';
import { CheerEngine } from '../cheer-engine';
import { createLogger } from '../logger';
import { createRegistry, type MetricsRegistry } from '../metrics/registry';
import { createServiceMetrics } from '../metrics/service-metrics';
import { currentRequest } from '../request-context';
import { createSlos } from '../work/slos';
import { WorkRecorder } from '../work/work-recorder';
import { createErrorHandler } from './error-handler';
import { createHttpMiddleware } from './middleware';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

const servers: Server[] = [];
const exporter = new InMemorySpanExporter();
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  exporter.reset();
  trace.disable();
  context.disable();
});

interface Setup {
  readonly url: string;
  readonly port: number;
  readonly engine: CheerEngine;
  readonly registry: MetricsRegistry;
  readonly lines: () => Record<string, unknown>[];
  /** Milliseconds by which the clock moves while the next request runs. */
  takes(ms: number): void;
  /** Resolves when as many requests have ended. */
  ended(count: number): Promise<void>;
}

async function serve(
  routes: (app: Express, tools: { engine: CheerEngine; log: (what: string) => void }) => void,
  {
    sampled,
    draining = false,
    level = 'info',
  }: { sampled?: boolean; draining?: boolean; level?: 'info' | 'debug' } = {},
): Promise<Setup> {
  let now = 0;
  let step = 0;
  const clock = { now: () => 0, monotonic: () => (now += step) };
  const slos = createSlos();
  const engine = new CheerEngine({
    ...{ slos: slos.definitions, queues: [], downstreams: [], holdSeconds: 30, warmupSeconds: 0, clock },
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
  });
  const written: string[] = [];
  const logger = createLogger({
    service: 'test',
    level,
    destination: { write: (line) => void written.push(line) },
  });
  const registry = createRegistry();
  const metrics = createServiceMetrics(registry);
  let done = 0;
  if (sampled !== undefined) {
    new NodeTracerProvider({
      sampler: sampled ? new AlwaysOnSampler() : new AlwaysOffSampler(),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    }).register();
  }
  const app = express();
  app.use(
    createHttpMiddleware({
      metrics: {
        httpRequest(sample) {
          metrics.httpRequest(sample);
          done += 1;
        },
      },
      work: new WorkRecorder(engine, 'http', slos),
      logger,
      tracer: trace.getTracer('test'),
      tracing: () => sampled !== undefined,
      draining: () => draining,
      clock,
    }),
  );
  routes(app, { engine, log: (what) => logger.info(what) });
  app.use(createErrorHandler(logger));
  const server = createServer(app);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, port, engine, registry },
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    takes: (ms) => void (step = ms),
    async ended(count) {
      while (done < count) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function slo(engine: CheerEngine, name: string): [good: number, bad: number] {
  const reading = engine.sloReadings().find(({ definition }) => definition.name === name);
  return [reading?.goodTotal ?? NaN, reading?.badTotal ?? NaN];
}

function outcomes({ batches }: CheerEngine): { cheers: number; misses: number } {
  return { cheers: batches.cheersOf('real'), misses: batches.missesTotal };
}

describe('what counts', () => {
  test.each([
    // answer, takes, availability, latency, cheers, missed for
    [200, 1, [1, 0], [1, 0], 1, undefined],
    [204, 1, [1, 0], [1, 0], 1, undefined],
    [302, 1, [1, 0], [1, 0], 1, undefined],
    [200, 500, [1, 0], [0, 1], 0, 'latency'],
    [400, 1, [0, 0], [0, 0], 0, undefined],
    [404, 500, [0, 0], [0, 0], 0, undefined],
    [429, 1, [0, 0], [0, 0], 0, undefined],
    [500, 1, [0, 1], [0, 0], 0, 'error'],
    [502, 1, [0, 1], [0, 0], 0, 'downstream'],
    [503, 500, [0, 1], [0, 0], 0, 'error'],
    [504, 1, [0, 1], [0, 0], 0, 'timeout'],
  ] as const)('an answer %i after %i ms', async (status, ms, availability, latency, cheers, reason) => {
    const { url, engine, ended, takes } = await serve((app) => {
      app.get('/x', (_request, response) => void response.status(status).end());
    });
    takes(ms);
    await fetch(`${url}/x`, { redirect: 'manual' });
    await ended(1);
    takes(0);
    expect(slo(engine, 'http-availability')).toEqual(availability);
    expect(slo(engine, 'http-latency')).toEqual(latency);
    expect(outcomes(engine)).toEqual({ cheers, misses: reason === undefined ? 0 : 1 });
    if (reason !== undefined) expect(engine.batches.missesOf(reason, 'real')).toBe(1);
  });

  test('synthetic traffic is a cheer of its own and nothing else', async () => {
    const { url, engine, ended, registry } = await serve((app) => {
      app.get('/:status', (request, response) => void response.status(Number(request.params.status)).end());
    });
    const headers = { baggage: 'a=b, selfcheer.synthetic=true' };
    await fetch(`${url}/200`, { headers });
    await fetch(`${url}/500`, { headers });
    await ended(2);
    expect(slo(engine, 'http-availability')).toEqual([0, 0]);
    expect(engine.verdict().idle).toBe(true);
    expect(engine.batches.cheersOf('synthetic')).toBe(1);
    expect(engine.batches.missesOf('error', 'synthetic')).toBe(1);
    expect(outcomes(engine).cheers).toBe(0);
    expect(await registry.metrics()).toContain(
      'http_requests_total{method="GET",route="/:status",status_code="200"} 1',
    );
  });

  test('a stream of events is not late', async () => {
    const { url, engine, ended, takes } = await serve((app) => {
      app.get('/stream', (_request, response) => void response.type('text/event-stream').end('data: 1\n\n'));
    });
    takes(60_000);
    await (await fetch(`${url}/stream`)).text();
    await ended(1);
    takes(0);
    expect(slo(engine, 'http-latency')).toEqual([0, 0]);
    expect(outcomes(engine)).toEqual({ cheers: 1, misses: 0 });
  });

  test('mounted twice it counts once', async () => {
    const { url, engine, ended } = await serve((app) => {
      const [first] = app.router.stack;
      app.use(first?.handle as express.RequestHandler);
      app.get('/x', (_request, response) => void response.end());
    });
    await fetch(`${url}/x`);
    await fetch(`${url}/x`);
    await ended(2);
    expect(outcomes(engine)).toEqual({ cheers: 2, misses: 0 });
  });
});

describe('an answer that is not sent to its end', () => {
  test('because the caller left is nobody else’s fault', async () => {
    let arrived: () => void = () => undefined;
    const there = new Promise<void>((resolve) => (arrived = resolve));
    const { port, engine, ended, registry } = await serve((app) => {
      app.get('/slow', () => arrived());
    });
    const request = get({ port, path: '/slow' });
    request.on('error', () => undefined);
    await there;
    request.destroy();
    await ended(1);
    expect(slo(engine, 'http-availability')).toEqual([0, 0]);
    expect(outcomes(engine)).toEqual({ cheers: 0, misses: 0 });
    expect(await registry.metrics()).toContain('route="/slow",status_code="499"} 1');
  });

  test.each([
    ['response', (response: express.Response) => response.destroy()],
    ['socket', (response: express.Response) => response.socket?.destroy()],
    ['error', (response: express.Response) => response.destroy(new Error('broken'))],
  ])('because the service broke it off is bad (%s)', async (_what, breakOff) => {
    const { port, engine, ended, registry } = await serve((app) => {
      app.get('/half', (_request, response) => {
        response.write('half');
        setImmediate(() => breakOff(response));
      });
    });
    const broken = await new Promise<string>((resolve) => {
      get({ port, path: '/half' }, (response) => {
        response.on('error', () => resolve('broken')).on('end', () => resolve('whole'));
        response.resume();
      }).on('error', () => resolve('broken'));
    });
    expect(broken).toBe('broken');
    await ended(1);
    expect(slo(engine, 'http-availability')).toEqual([0, 1]);
    expect(outcomes(engine)).toEqual({ cheers: 0, misses: 1 });
    expect(await registry.metrics()).toContain('route="/half",status_code="500"} 1');
  });
});

describe('without spans', () => {
  test('the trace of the caller is on log lines, in the context and in exemplars', async () => {
    let trace: unknown;
    const { url, ended, lines, registry } = await serve((app, { log }) => {
      app.get('/x', async (_request, response) => {
        await new Promise((resolve) => setImmediate(resolve));
        log('inside');
        trace = currentRequest()?.trace;
        response.end();
      });
    });
    await fetch(`${url}/x`, { headers: { traceparent } });
    await ended(1);
    expect(lines()).toMatchObject([{ msg: 'inside', correlation_id: traceId }]);
    expect(trace).toMatchObject({ traceparent });
    expect(await registry.metrics()).toContain(`# {trace_id="${traceId}"}`);
  });

  test.each([
    ['sent', 'order-7/a', 'order-7/a'],
    ['unsafe', 'a b"', expect.stringMatching(/^[0-9a-f-]{36}$/)],
  ])('a request id that is %s', async (_what, id, expected) => {
    const { url, lines } = await serve((app, { log }) => {
      app.get('/x', (_request, response) => {
        log('one');
        log('two');
        response.end();
      });
    });
    await fetch(`${url}/x`, { headers: { 'x-request-id': id } });
    const [one, two] = lines();
    expect(one?.['correlation_id']).toEqual(expected);
    expect(two?.['correlation_id']).toBe(one?.['correlation_id']);
  });

  test('a trace that nobody keeps leaves no exemplar', async () => {
    const { url, ended, registry } = await serve((app) => {
      app.get('/x', (_request, response) => void response.end());
    });
    await fetch(`${url}/x`, { headers: { traceparent: traceparent.replace(/01$/, '00') } });
    await ended(1);
    expect(await registry.metrics()).not.toContain('trace_id');
  });
});

describe('spans', () => {
  test('are named by method and route and continue the caller’s trace', async () => {
    let inside: string | undefined;
    const { url, port, ended, lines, registry } = await serve(
      (app, { log }) => {
        app.get('/orders/:id', async (_request, response) => {
          await new Promise((resolve) => setImmediate(resolve));
          inside = trace.getActiveSpan()?.spanContext().spanId;
          log('inside');
          response.end();
        });
      },
      { sampled: true },
    );
    await fetch(`${url}/orders/7?token=secret`, { headers: { traceparent, 'user-agent': 'test' } });
    await ended(1);
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      name: 'GET /orders/:id',
      kind: SpanKind.SERVER,
      parentSpanContext: { spanId: '00f067aa0ba902b7' },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/orders/:id',
      'http.response.status_code': 200,
      'url.path': '/orders/7',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': port,
      'client.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'test',
    });
    expect(span?.spanContext()).toMatchObject({ traceId, spanId: inside });
    expect(lines()).toMatchObject([{ msg: 'inside', correlation_id: traceId }]);
    expect(await registry.metrics()).toContain(`# {trace_id="${traceId}"}`);
  });

  test('are in error for 5xx only, and bear no route that is a path', async () => {
    const { url, ended } = await serve(
      (app) => {
        app.get('/broken', () => {
          throw new Error('broken');
        });
      },
      { sampled: true },
    );
    await fetch(`${url}/broken`);
    await fetch(`${url}/nothing/7`);
    await ended(2);
    const [broken, nothing] = exporter.getFinishedSpans();
    expect(broken).toMatchObject({ name: 'GET /broken', status: { code: SpanStatusCode.ERROR } });
    expect(broken?.attributes).toMatchObject({ 'http.response.status_code': 500, 'error.type': '500' });
    expect(nothing).toMatchObject({ name: 'GET', status: { code: SpanStatusCode.UNSET } });
    expect(nothing?.attributes['http.route']).toBeUndefined();
  });

  test('that are not sampled give log lines their id, and no exemplar', async () => {
    const { url, ended, lines, registry } = await serve(
      (app, { log }) => {
        app.get('/x', (_request, response) => {
          log('inside');
          response.end();
        });
      },
      { sampled: false },
    );
    await fetch(`${url}/x`, { headers: { traceparent } });
    await ended(1);
    expect(lines()).toMatchObject([{ correlation_id: traceId }]);
    expect(await registry.metrics()).not.toContain('trace_id');
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  test('methods that nobody knows do not name them', async () => {
    const { port, ended } = await serve(() => undefined, { sampled: true });
    await new Promise((resolve) => {
      httpRequest({ port, method: 'PROPFIND', path: '/' }, (response: IncomingMessage) => {
        response.resume().on('end', resolve);
      }).end();
    });
    await ended(1);
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ name: 'HTTP', attributes: { 'http.request.method': '_OTHER' } });
  });
});

test('requests are told at level debug, failed ones at warn, with the trace id', async () => {
  const { url, ended, lines } = await serve(
    (app) => {
      app.get('/:status', (request, response) => void response.status(Number(request.params.status)).end());
    },
    { level: 'debug' },
  );
  await fetch(`${url}/200`, { headers: { traceparent } });
  await fetch(`${url}/503`, { headers: { traceparent } });
  await ended(2);
  expect(lines()).toMatchObject([
    { level: 'debug', route: '/:status', status_code: 200, correlation_id: traceId },
    { level: 'warn', route: '/:status', status_code: 503, correlation_id: traceId },
  ]);
});

test('while draining, callers are asked to leave', async () => {
  const { url } = await serve(
    (app) => {
      app.get('/x', (_request, response) => void response.end());
    },
    { draining: true },
  );
  const response = await fetch(`${url}/x`);
  expect(response.headers.get('connection')).toBe('close');
});
