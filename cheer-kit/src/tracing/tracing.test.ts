import { Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { createLogger } from '../logger';
import { startTracing, tracingIsAsked, type Tracing, type TracingOptions } from './tracing';

const endpoint = 'http://127.0.0.1:4318';

test.each<[boolean, NodeJS.ProcessEnv]>([
  [false, {}],
  [true, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }],
  [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }],
  [false, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  [false, { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint }],
  [true, { OTEL_TRACES_EXPORTER: 'otlp' }],
  [true, { OTEL_TRACES_EXPORTER: 'console' }],
  [false, { OTEL_TRACES_EXPORTER: 'none' }],
  [false, { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }],
  [false, { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }],
  [true, { OTEL_SDK_DISABLED: 'false', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }],
])('export: %s with %j', (asked, env) => {
  expect(tracingIsAsked(env)).toBe(asked);
});

describe('started', () => {
  const before = { ...process.env };
  const started: Tracing[] = [];
  const servers: Server[] = [];

  afterEach(async () => {
    await Promise.all(started.splice(0).map((tracing) => tracing.shutdown(0)));
    for (const server of servers.splice(0)) server.forceShutdown();
    process.env = { ...before };
  });

  async function start(env: NodeJS.ProcessEnv, more: Partial<TracingOptions> = {}): Promise<Tracing> {
    Object.assign(process.env, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, env);
    const tracing = await startTracing({ service: 'shop', version: '1.2.3', track: 'canary', ...more });
    started.push(tracing);
    return tracing;
  }

  /** By gRPC: the exporter for HTTP loads modules in a way that Jest does not allow; e2e/tracing.test.ts has both. */
  async function collector(take: handleUnaryCall<Buffer, Buffer>): Promise<string> {
    const server = new Server();
    servers.push(server);
    const same = (bytes: Buffer): Buffer => bytes;
    const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
    const serializers = {
      ...{ requestSerialize: same, requestDeserialize: same },
      ...{ responseSerialize: same, responseDeserialize: same },
    };
    const method = { path, requestStream: false, responseStream: false, ...serializers };
    server.addService({ Export: method }, { Export: take });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return `http://127.0.0.1:${port}`;
  }

  /** A collector that takes everything; strings stand in protobuf as they are. */
  async function taking(): Promise<{ url: string; received: () => string }> {
    const bodies: Buffer[] = [];
    const url = await collector((call, answer) => {
      bodies.push(call.request);
      answer(null, Buffer.alloc(0));
    });
    return { url, received: () => Buffer.concat(bodies).toString('latin1') };
  }

  test('nothing is asked for: no provider, spans that are none, and an end at once', async () => {
    const tracing = await start({});
    expect(tracing.enabled).toBe(false);
    expect(tracing.tracer.startSpan('a').isRecording()).toBe(false);
    await tracing.shutdown();
  });

  test('spans arrive with the service that they are of, without the command line', async () => {
    const { url, received } = await taking();
    const tracing = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    expect(tracing.enabled).toBe(true);
    const parent = tracing.tracer.startSpan('GET /orders/{id}');
    context.with(trace.setSpan(ROOT_CONTEXT, parent), () => tracing.tracer.startSpan('inner').end());
    parent.end();
    await tracing.shutdown();
    for (const text of ['shop', '1.2.3', 'canary', 'GET /orders/{id}', 'inner']) {
      expect(received()).toContain(text);
    }
    expect(received()).not.toContain('process.command');
    expect(propagation.fields()).toEqual([]);
  });

  test('the environment goes before the options: name, attributes', async () => {
    const { url, received } = await taking();
    const tracing = await start({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
      OTEL_SERVICE_NAME: 'renamed',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    tracing.tracer.startSpan('a').end();
    await tracing.shutdown();
    expect(received()).toContain('renamed');
    expect(received()).toContain('deployment.environment.name');
  });

  test('the ratio is asked for each trace', async () => {
    const { url } = await taking();
    let ratio = 0;
    const { tracer } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url }, { ratio: () => ratio });
    const recorded = () => tracer.startSpan('a', { root: true }).isRecording();
    expect(recorded()).toBe(false);
    ratio = 1;
    expect(recorded()).toBe(true);
  });

  test('a collector that never answers holds up neither the end nor anything else', async () => {
    const url = await collector(() => undefined);
    const tracing = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    tracing.tracer.startSpan('a').end();
    // Jest gives a test half the time that an export may take.
    await tracing.shutdown(50);
  });

  test('a collector that refuses: spans are lost, which is told once a minute, and the end rejects nothing', async () => {
    const lines: string[] = [];
    const logger = createLogger({
      service: 'shop',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    });
    const url = await collector((_call, answer) => answer({ code: status.INVALID_ARGUMENT }));
    const tracing = await start(
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1' },
      { logger },
    );
    const told = new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (lines.length === 0) return;
        clearInterval(look);
        resolve();
      }, 5);
    });
    for (let i = 0; i < 5; i++) tracing.tracer.startSpan('a').end();
    await told;
    await expect(tracing.shutdown()).resolves.toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('spans could not be exported');
  });

  test('a setting that makes no sense is told, and does not end the service', async () => {
    const lines: string[] = [];
    const logger = createLogger({
      service: 'shop',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    });
    expect((await start({ OTEL_TRACES_EXPORTER: 'bogus' }, { logger })).enabled).toBe(false);
    expect(lines.join('')).toContain('Unrecognized OTEL_TRACES_EXPORTER value: bogus');
  });

  test('an SDK that runs already is used, and left running', async () => {
    const provider = new BasicTracerProvider();
    const shutdown = jest.spyOn(provider, 'shutdown');
    trace.setGlobalTracerProvider(provider);
    try {
      const tracing = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
      expect(tracing.enabled).toBe(true);
      expect(tracing.tracer.startSpan('a').isRecording()).toBe(true);
      await tracing.shutdown();
      expect(shutdown).not.toHaveBeenCalled();
      expect(trace.getTracer('other').startSpan('b').isRecording()).toBe(true);
    } finally {
      trace.disable();
    }
  });

  test('it can be started again after its end', async () => {
    const { url, received } = await taking();
    await (await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).shutdown();
    const again = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    again.tracer.startSpan('second life').end();
    await again.shutdown();
    expect(received()).toContain('second life');
  });
});
