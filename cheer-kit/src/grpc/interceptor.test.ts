import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type MethodDefinition,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { CheerEngine } from '../cheer-engine';
import { createLogger } from '../logger';
import { createRegistry } from '../metrics/registry';
import { createServiceMetrics } from '../metrics/service-metrics';
import { currentRequest } from '../request-context';
import { createSlos } from '../work/slos';
import { WorkRecorder } from '../work/work-recorder';
import { createGrpcInterceptor } from './interceptor';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

const serialize = (text: string): Buffer => Buffer.from(text);
const method = (path: string, stream = false): MethodDefinition<string, string> => ({
  ...{ path, requestStream: stream, responseStream: stream },
  ...{ requestSerialize: serialize, responseSerialize: serialize },
  ...{ requestDeserialize: String, responseDeserialize: String },
});
const echo = method('/test.Echo/Say');
const chat = method('/test.Echo/Chat', true);

const closers: (() => void)[] = [];
const exporter = new InMemorySpanExporter();
afterEach(() => {
  for (const close of closers.splice(0)) close();
  exporter.reset();
  trace.disable();
  context.disable();
});

type Handler = (call: ServerUnaryCall<string, string>) => string | Promise<string>;

async function serve(handler: Handler, { spans = false } = {}) {
  if (spans) {
    const spanProcessors = [new SimpleSpanProcessor(exporter)];
    new NodeTracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors }).register();
  }
  const slos = createSlos({ kinds: ['grpc'] });
  const engine = new CheerEngine({
    ...{ slos: slos.definitions, queues: [], downstreams: [], holdSeconds: 30, warmupSeconds: 0 },
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
  });
  const lines: string[] = [];
  const logger = createLogger({
    service: 't',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  const registry = createRegistry();
  const metrics = createServiceMetrics(registry);
  let done = 0;
  const interceptor = createGrpcInterceptor({
    metrics: {
      grpcCall(sample) {
        metrics.grpcCall(sample);
        done += 1;
      },
    },
    work: new WorkRecorder(engine, 'grpc', slos),
    logger,
    tracer: trace.getTracer('test'),
    tracing: () => spans,
  });
  const server = new Server({ interceptors: [interceptor] });
  server.addService(
    { Say: echo, Chat: chat },
    {
      Say(
        call: ServerUnaryCall<string, string>,
        answer: (error: Partial<ServiceError> | null, text?: string) => void,
      ) {
        Promise.resolve()
          .then(() => handler(call))
          .then(
            (text) => answer(null, text),
            (error: Partial<ServiceError>) => answer(error),
          );
      },
      Chat(call: NodeJS.ReadWriteStream) {
        call.on('data', (text: string) => {
          logger.info('inside');
          call.write(text);
        });
        call.on('end', () => call.end());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  closers.push(
    () => client.close(),
    () => server.forceShutdown(),
  );
  const metadata = (values: Record<string, string>): Metadata => {
    const all = new Metadata();
    for (const [name, value] of Object.entries(values)) all.set(name, value);
    return all;
  };
  return {
    ...{ engine, registry, client },
    lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    say: (text: string, values: Record<string, string> = {}) =>
      new Promise<string>((resolve, reject) => {
        client.makeUnaryRequest(
          ...([echo.path, serialize, String, text, metadata(values)] as const),
          (error: ServiceError | null, answer?: string) =>
            error ? reject(error) : resolve(answer as string),
        );
      }),
    async ended(count: number) {
      while (done < count) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function slo(engine: CheerEngine, name: string): [good: number, bad: number] {
  const reading = engine.sloReadings().find(({ definition }) => definition.name === name);
  return [reading?.goodTotal ?? NaN, reading?.badTotal ?? NaN];
}

test('a call is counted, is a cheer, and its handler runs in its context', async () => {
  const { say, engine, registry, ended, lines } = await serve(async (call) => {
    await new Promise((resolve) => setImmediate(resolve));
    return `${call.request} ${currentRequest()?.correlationId}`;
  });
  await expect(say('hi', { traceparent })).resolves.toBe(`hi ${traceId}`);
  await ended(1);
  expect(slo(engine, 'grpc-availability')).toEqual([1, 0]);
  expect(slo(engine, 'grpc-latency')).toEqual([1, 0]);
  expect(engine.batches.cheersOf('real')).toBe(1);
  const scrape = await registry.metrics();
  expect(scrape).toContain('grpc_server_handled_total{method="/test.Echo/Say",code="OK"} 1');
  expect(scrape).toContain(`# {trace_id="${traceId}"}`);
  expect(lines()).toEqual([]);
});

test.each([
  [status.INVALID_ARGUMENT, [0, 0], undefined],
  [status.RESOURCE_EXHAUSTED, [0, 0], undefined],
  [status.INTERNAL, [0, 1], 'error'],
  [status.UNAVAILABLE, [0, 1], 'downstream'],
  [status.DEADLINE_EXCEEDED, [0, 1], 'timeout'],
  [status.UNKNOWN, [0, 1], 'error'],
] as const)('code %i is good, bad, or the caller’s doing', async (code, availability, reason) => {
  const { say, engine, ended, lines } = await serve(() => {
    throw Object.assign(new Error('no'), { code });
  });
  await expect(say('hi', { traceparent })).rejects.toMatchObject({ code });
  await ended(1);
  expect(slo(engine, 'grpc-availability')).toEqual(availability);
  expect(slo(engine, 'grpc-latency')).toEqual([0, 0]);
  expect(engine.batches.missesTotal).toBe(reason === undefined ? 0 : 1);
  if (reason !== undefined) expect(engine.batches.missesOf(reason, 'real')).toBe(1);
  expect(lines()).toMatchObject(reason === undefined ? [] : [{ level: 'warn', correlation_id: traceId }]);
});

test('a call that is cancelled is counted once, and for nobody, even if it is answered after all', async () => {
  let begun: () => void = () => undefined;
  const there = new Promise<void>((resolve) => (begun = resolve));
  let answer: (text: string) => void = () => undefined;
  const { client, engine, registry, ended, say } = await serve((call) => {
    if (call.request !== 'slow') return call.request;
    begun();
    return new Promise<string>((resolve) => (answer = resolve));
  });
  const call = client.makeUnaryRequest(echo.path, serialize, String, 'slow', () => undefined);
  await there;
  call.cancel();
  await ended(1);
  expect(slo(engine, 'grpc-availability')).toEqual([0, 0]);
  answer('late');
  await say('next');
  await ended(2);
  expect(slo(engine, 'grpc-availability')).toEqual([1, 0]);
  const scrape = await registry.metrics();
  expect(scrape).toContain('code="CANCELLED"} 1');
  expect(scrape).toContain('code="OK"} 1');
});

test('synthetic calls count apart', async () => {
  const { say, engine, ended } = await serve(() => 'ok');
  await say('hi', { baggage: 'selfcheer.synthetic=true' });
  await ended(1);
  expect(slo(engine, 'grpc-availability')).toEqual([0, 0]);
  expect(engine.batches.cheersOf('synthetic')).toBe(1);
});

test('a stream has an outcome but no time, and its messages run in its context', async () => {
  const { client, engine, ended, lines } = await serve(() => '');
  const metadata = new Metadata();
  metadata.set('traceparent', traceparent);
  const call = client.makeBidiStreamRequest(chat.path, serialize, String, metadata);
  call.write('one');
  call.write('two');
  const answers: string[] = [];
  await new Promise<void>((resolve, reject) => {
    call.on('data', (text: string) => {
      answers.push(text);
      if (answers.length === 2) call.end();
    });
    call.on('error', reject).on('end', resolve);
  });
  await ended(1);
  expect(answers).toEqual(['one', 'two']);
  expect(slo(engine, 'grpc-availability')).toEqual([1, 0]);
  expect(slo(engine, 'grpc-latency')).toEqual([0, 0]);
  expect(lines()).toMatchObject([{ correlation_id: traceId }, { correlation_id: traceId }]);
});

test('spans continue the caller’s trace and are in error for our faults', async () => {
  let active: string | undefined;
  const { say, ended } = await serve(
    (call) => {
      active = trace.getActiveSpan()?.spanContext().spanId;
      if (call.request === 'bad') throw Object.assign(new Error('no'), { code: status.INTERNAL });
      return 'ok';
    },
    { spans: true },
  );
  await say('hi', { traceparent });
  const [good] = exporter.getFinishedSpans();
  expect(good).toMatchObject({
    name: 'test.Echo/Say',
    kind: SpanKind.SERVER,
    parentSpanContext: { spanId: '00f067aa0ba902b7' },
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'rpc.system.name': 'grpc', 'rpc.method': 'test.Echo/Say', 'rpc.status_code': 'OK' },
  });
  expect(good?.spanContext()).toMatchObject({ traceId, spanId: active });
  await expect(say('bad', { traceparent })).rejects.toThrow();
  await ended(2);
  expect(exporter.getFinishedSpans()[1]).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': 'INTERNAL' },
  });
});
