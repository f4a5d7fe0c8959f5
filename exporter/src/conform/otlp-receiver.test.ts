import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Metadata, status as grpcStatus, credentials, Client } from '@grpc/grpc-js';
import { context, SpanKind, SpanStatusCode, trace, TraceFlags, type SpanContext } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import {
  JsonTraceSerializer,
  ProtobufTraceSerializer,
  type ISerializer,
} from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver';

const parent: SpanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
};
const linked: SpanContext = { ...parent, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };

type Exporter = (spans: ReadableSpan[]) => Promise<void>;

let receiver: OtlpReceiver;
afterEach(() => receiver.close());

/** Gives an exporter two spans of the SDK, a root and its child. */
async function exported(
  exporter: Exporter,
): Promise<{ readonly root: ReadableSpan; readonly child: ReadableSpan }> {
  const ended: ReadableSpan[] = [];
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'orders', 'service.version': '1.2.0' }),
    spanProcessors: [
      new SimpleSpanProcessor({
        export: (spans, done) => {
          ended.push(...spans);
          done({ code: 0 });
        },
        shutdown: () => Promise.resolve(),
      }),
    ],
  });
  const tracer = provider.getTracer('kit', '0.1.0');
  const root = tracer.startSpan('GET /orders/:id', {
    kind: SpanKind.SERVER,
    attributes: {
      'http.route': '/orders/:id',
      'http.response.status_code': 200,
      part: 0.25,
      ok: true,
      tags: ['a', 'b'],
    },
    links: [{ context: linked, attributes: { event: 1 } }],
  });
  root.addEvent('read', { rows: 3 });
  root.setStatus({ code: SpanStatusCode.ERROR, message: 'late' });
  const under = trace.setSpan(context.active(), root);
  const child = tracer.startSpan('select', { kind: SpanKind.CLIENT }, under);
  child.end();
  root.end();
  await provider.forceFlush();
  await exporter(ended);
  const [second, first] = ended as [ReadableSpan, ReadableSpan];
  return { root: first, child: second };
}

/** What the SDK's exporter sends; itself it loads its transport by import(), which Jest's modules can't. */
function overHttp(
  to: string,
  serializer: ISerializer<ReadableSpan[], unknown>,
  type: string,
  encoding?: 'gzip',
): Exporter {
  return async (spans) => {
    const bytes = serializer.serializeRequest(spans) ?? new Uint8Array();
    const answer = await fetch(`${to}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) },
      body: new Uint8Array(encoding ? gzipSync(bytes) : bytes),
    });
    expect(answer.status).toBe(200);
  };
}

function overGrpc(url: string, compression: CompressionAlgorithm): Exporter {
  return async (spans) => {
    const exporter = new GrpcExporter({ url, credentials: credentials.createInsecure(), compression });
    const result = await new Promise((resolve) => exporter.export(spans, resolve));
    await exporter.shutdown();
    expect(result).toEqual({ code: 0 });
  };
}

describe('an export of the SDK', () => {
  const cases: readonly (readonly [string, 'http' | 'grpc', (endpoint: string) => Exporter])[] = [
    ['protobuf over HTTP', 'http', (to) => overHttp(to, ProtobufTraceSerializer, 'application/x-protobuf')],
    [
      'gzipped protobuf over HTTP',
      'http',
      (to) => overHttp(to, ProtobufTraceSerializer, 'application/x-protobuf', 'gzip'),
    ],
    ['JSON over HTTP', 'http', (to) => overHttp(to, JsonTraceSerializer, 'application/json')],
    ['gRPC', 'grpc', (to) => overGrpc(to, CompressionAlgorithm.NONE)],
    ['gzipped gRPC', 'grpc', (to) => overGrpc(to, CompressionAlgorithm.GZIP)],
  ];

  it.each(cases)('by %s arrives whole', async (_name, protocol, exporter) => {
    receiver = await startOtlpReceiver({ protocol });
    const { root, child } = await exported(exporter(receiver.endpoint));
    const { traceId, spanId } = root.spanContext();
    const resource = { 'service.name': 'orders', 'service.version': '1.2.0' };
    const ms = ([seconds, nanos]: readonly [number, number]): number => seconds * 1e3 + nanos / 1e6;
    const got = await receiver.waitFor(({ kind }) => kind === 'server', 5_000);
    expect(got).toEqual({
      service: 'orders',
      resource,
      scope: 'kit',
      traceId,
      spanId,
      traceState: '',
      name: 'GET /orders/:id',
      kind: 'server',
      startedAt: expect.closeTo(ms(root.startTime), 2) as number,
      endedAt: expect.closeTo(ms(root.endTime), 2) as number,
      attributes: {
        'http.route': '/orders/:id',
        'http.response.status_code': 200,
        part: 0.25,
        ok: true,
        tags: ['a', 'b'],
      },
      links: [{ traceId: linked.traceId, spanId: linked.spanId, attributes: { event: 1 } }],
      events: [{ name: 'read', at: expect.any(Number) as number, attributes: { rows: 3 } }],
      status: { code: 'error', message: 'late' },
    });
    expect(receiver.spans().find(({ kind }) => kind === 'client')).toMatchObject({
      traceId,
      spanId: child.spanContext().spanId,
      parentSpanId: spanId,
      status: { code: 'unset', message: '' },
    });
  });
});

describe('over HTTP', () => {
  const post = (
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
  ): Promise<Response> => fetch(`${receiver.endpoint}${path}`, { method: 'POST', body, headers });
  const json = { 'content-type': 'application/json' };
  const span = {
    traceId: parent.traceId.toUpperCase(),
    spanId: parent.spanId,
    name: 'x',
    startTimeUnixNano: '1500000',
  };
  const request = (spans: readonly object[]): string =>
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

  beforeEach(async () => {
    receiver = await startOtlpReceiver({ protocol: 'http' });
  });

  it('answers an export with an empty response of its own type', async () => {
    const answer = await post('/v1/traces', request([span]), {
      'content-type': 'application/json; charset=utf-8',
    });
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'application/json',
      '{}',
    ]);
    const empty = await post('/v1/traces', '', { 'content-type': 'application/x-protobuf' });
    expect([empty.status, empty.headers.get('content-type'), await empty.text()]).toEqual([
      200,
      'application/x-protobuf',
      '',
    ]);
    expect(receiver.spans()).toMatchObject([
      { traceId: parent.traceId, startedAt: 1.5, kind: 'unspecified', service: '' },
    ]);
  });

  it.each<[string, string, Record<string, string>, string, number]>([
    ['another path', '/v1/metrics', json, '{}', 404],
    ['another type', '/v1/traces', { 'content-type': 'text/plain' }, '{}', 415],
    ['another encoding', '/v1/traces', { ...json, 'content-encoding': 'br' }, '{}', 415],
    ['what is no JSON', '/v1/traces', json, '{', 400],
    ['what is no protobuf', '/v1/traces', { 'content-type': 'application/x-protobuf' }, '\u0001\u0002', 400],
    ['what is no gzip', '/v1/traces', { ...json, 'content-encoding': 'gzip' }, '{}', 400],
    ['an id that is too short', '/v1/traces', json, request([{ ...span, traceId: 'abc' }]), 400],
    ['a body that is too long', '/v1/traces', json, ' '.repeat(17_000_000), 413],
  ])('refuses %s', async (_name, path, headers, body, status) => {
    const answer = await post(path, body, headers);
    expect(answer.status).toBe(status);
    expect((await answer.text()).length).toBeGreaterThan(0);
    expect(receiver.spans()).toEqual([]);
  });

  it('does not unpack more than it would take', async () => {
    const answer = await post('/v1/traces', new Uint8Array(gzipSync(Buffer.alloc(20_000_000))), {
      ...json,
      'content-encoding': 'gzip',
    });
    expect(answer.status).toBe(400);
  });

  it('tells who waits in vain what has come instead', async () => {
    await post('/v1/traces', request([span]), json);
    await expect(receiver.waitFor(({ name }) => name === 'y', 50)).rejects.toThrow(
      /within 50 ms; received: 1, named x/,
    );
    const stop = new AbortController();
    const waiting = receiver.waitFor(({ name }) => name === 'y', 60_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('gives those who wait their span when it comes, and an end when it is closed', async () => {
    const waiting = receiver.waitFor(({ name }) => name === 'x', 5_000);
    const vain = receiver.waitFor(({ name }) => name === 'y', 60_000);
    await post('/v1/traces', request([span]), json);
    await expect(waiting).resolves.toMatchObject({ spanId: parent.spanId });
    await Promise.all([receiver.close(), expect(vain).rejects.toThrow('the receiver was closed')]);
  });

  it('ends connections that say nothing', async () => {
    const socket = connect(Number(new URL(receiver.endpoint).port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await receiver.close();
    await closed;
  });
});

it('refuses over gRPC what is no export', async () => {
  receiver = await startOtlpReceiver({ protocol: 'grpc' });
  const client = new Client(new URL(receiver.endpoint).host, credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const error = await new Promise<{ code?: number } | null>((resolve) => {
    client.makeUnaryRequest(path, same, same, Buffer.from([1, 2]), new Metadata(), (failure) =>
      resolve(failure),
    );
  });
  client.close();
  expect(error?.code).toBe(grpcStatus.INVALID_ARGUMENT);
});
