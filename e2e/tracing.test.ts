import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  startOtlpReceiver,
  type OtlpReceiver,
  type ReceivedSpan,
} from '../exporter/src/conform/otlp-receiver';
import { ExporterProcess } from './helpers/exporter-process';
import { JsonProcess } from './helpers/json-process';
import { type KafkaBroker, startKafka } from './helpers/kafka-broker';
import { Prometheus } from './helpers/prometheus';
import { ReflectedClient } from './helpers/reflected-client';

let broker: KafkaBroker;
/** What the enrichment step `geo` asks. */
let geo: Server;
let enrich: string;

beforeAll(async () => {
  geo = createServer((_request, response) => response.end('{"country":"DE"}')).listen(0, '127.0.0.1');
  await once(geo, 'listening');
  const { port } = geo.address() as AddressInfo;
  const lookup = { step: 'lookup', name: 'geo', url: `http://127.0.0.1:${port}/{id}`, field: 'geo' };
  enrich = JSON.stringify([{ step: 'normalize' }, lookup]);
  broker = await startKafka();
}, 900_000);

afterAll(async () => {
  geo?.closeAllConnections();
  geo?.close();
  await broker?.dispose();
});

describe.each([
  ['http/protobuf', 'http'],
  ['grpc', 'grpc'],
] as const)('exported by OTLP over %s', (protocol, kind) => {
  const topic = `orders-${kind}`;
  let receiver: OtlpReceiver;
  let exporter: ExporterProcess;
  let consumer: JsonProcess;
  let env: Record<string, string>;
  /** By transport, the trace that went from the producer through the exporter and Kafka to the consumer. */
  const traces: Record<string, string> = {};

  const send = async (transport: 'http' | 'grpc'): Promise<void> => {
    const id = `order-${transport}`;
    const producer = new JsonProcess(
      'tracing-producer.ts',
      [transport, exporter.addresses[transport], id],
      env,
    );
    const { traceId } = await producer.line(({ traceId }) => traceId !== undefined);
    expect(await producer.ended()).toBe(0);
    traces[transport] = String(traceId);
    // One after the other: each is a batch of its own.
    await consumer.line(({ msg, order }) => msg === 'shipped' && order === id);
  };

  beforeAll(async () => {
    await broker.createTopic(topic, 2);
    receiver = await startOtlpReceiver({ protocol: kind });
    env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    };
    exporter = await ExporterProcess.start({
      ...env,
      KAFKA_BROKERS: broker.brokers[0],
      KAFKA_TOPIC: topic,
      SELFCHEER_ENRICH: enrich,
    });
    consumer = new JsonProcess('tracing-consumer.ts', [broker.brokers[0], topic], env);
    await consumer.line(({ msg }) => msg === 'ready');
    await send('http');
    await send('grpc');
  }, 180_000);

  afterAll(async () => {
    await consumer?.dispose();
    await exporter?.dispose();
    await receiver?.close();
  });

  test.each(['http', 'grpc'] as const)(
    'an event sent by %s is one trace over three processes',
    async (transport) => {
      const traceId = traces[transport];
      const span = (name: string): Promise<ReceivedSpan> =>
        receiver.waitFor((one) => one.name === name && one.traceId === traceId, 30_000);
      const taken = await span('take_order');
      const ingest = await span('ingest_request');
      const shipped = await span('ship_order');
      const published = await span('kafka_publish');
      const called = await span('downstream_call');
      const process = await receiver.waitFor((one) => one.spanId === shipped.parentSpanId, 30_000);
      const step = await receiver.waitFor((one) => one.spanId === called.parentSpanId, 30_000);

      expect(taken).toMatchObject({ service: 'producer' });
      expect(taken.parentSpanId).toBeUndefined();
      expect(ingest).toMatchObject({ service: 'exporter', kind: 'server', parentSpanId: taken.spanId });
      expect(ingest.attributes).toMatchObject(
        transport === 'http'
          ? { 'http.route': '/v1/events', 'http.response.status_code': 202, 'selfcheer.events.accepted': 1 }
          : { 'rpc.method': 'selfcheer.v1.IngestService/Ingest', 'rpc.status_code': 'OK' },
      );
      expect(ingest.resource).toMatchObject({ 'selfcheer.track': 'stable' });
      expect(published).toMatchObject({ service: 'exporter', kind: 'client', parentSpanId: ingest.spanId });
      expect(published.attributes).toMatchObject({
        'messaging.system.name': 'kafka',
        'messaging.destination.name': topic,
      });
      expect(step).toMatchObject({ name: 'enrichment_step', parentSpanId: ingest.spanId });
      expect(step.attributes['selfcheer.step']).toBe('geo');
      expect(called).toMatchObject({ kind: 'client', attributes: { 'service.peer.name': 'geo' } });
      expect(process).toMatchObject({ service: 'consumer', kind: 'consumer', parentSpanId: ingest.spanId });
      expect(shipped.service).toBe('consumer');
    },
  );

  test('the consumer’s log lines carry the trace id', () => {
    const shipped = consumer.lines.filter(({ msg }) => msg === 'shipped');
    expect(shipped.map(({ order, correlation_id: id }) => [order, id])).toEqual([
      ['order-http', traces['http']],
      ['order-grpc', traces['grpc']],
    ]);
  });

  test('no span of another kind comes from the exporter, and none of a heartbeat', async () => {
    const own = receiver.spans().filter(({ service }) => service === 'exporter');
    const names = new Set(own.map(({ name }) => name));
    expect(names).toEqual(new Set(['ingest_request', 'enrichment_step', 'downstream_call', 'kafka_publish']));
    expect(new Set(own.map(({ traceId }) => traceId))).toEqual(new Set(Object.values(traces)));
  });

  test('what is left is exported on SIGTERM, and it ends on time', async () => {
    consumer.terminate();
    expect(await consumer.ended()).toBe(0);
    await exporter.stop();
    // The next batch would go after an hour.
    await exporter.restart({ OTEL_BSP_SCHEDULE_DELAY: '3600000' });
    const traceparent = `00-${'c0ffee'.repeat(5)}c0-00f067aa0ba902b7-01`;
    const headers = { 'content-type': 'application/json', traceparent };
    expect((await exporter.post('{"event_id":"last","payload":{"id":1}}', headers)).status).toBe(202);
    await exporter.settled();
    expect(await exporter.stop()).toBe(0);
    const last = receiver.spans().filter(({ traceId }) => traceId.startsWith('c0ffee'));
    expect(new Set(last.map(({ name }) => name))).toEqual(
      new Set(['ingest_request', 'enrichment_step', 'downstream_call', 'kafka_publish']),
    );
  });
});

test('a trace begins at the exporter when the producer sends none, and Prometheus has it as an exemplar', async () => {
  const receiver = await startOtlpReceiver({ protocol: 'http' });
  const exporter = await ExporterProcess.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  const prometheus = await Prometheus.start(exporter.addresses.admin);
  const client = await ReflectedClient.connect(exporter.addresses.grpc);
  try {
    await exporter.post('{"event_id":"a","payload":1}', { 'content-type': 'application/json' });
    await client.unary('selfcheer.v1.IngestService/Ingest', { event_id: 'b', payload: 'x' });
    const named = (attribute: string) => (span: ReceivedSpan) =>
      span.name === 'ingest_request' && attribute in span.attributes;
    const http = await receiver.waitFor(named('http.route'), 30_000);
    const grpc = await receiver.waitFor(named('rpc.method'), 30_000);
    for (const [series, { traceId }] of [
      ['ingest_latency_seconds_bucket{transport="http"}', http],
      ['ingest_latency_seconds_bucket{transport="grpc"}', grpc],
      ['http_request_duration_seconds_bucket', http],
      ['grpc_server_handling_seconds_bucket', grpc],
    ] as const) {
      expect(await prometheus.exemplar(series, traceId)).toContain(`"trace_id":"${traceId}"`);
    }
  } finally {
    client.close();
    await prometheus.dispose();
    await exporter.dispose();
    await receiver.close();
  }
}, 120_000);

test('the flag sampling-ratio holds at once for what begins here; what a producer records is recorded all the same', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-flags-'));
  const file = path.join(folder, 'flags.json');
  const choose = async (variant: 'none' | 'all'): Promise<void> => {
    const flag = { state: 'ENABLED', variants: { none: 0, all: 1 }, defaultVariant: variant };
    await writeFile(`${file}.new`, JSON.stringify({ flags: { 'sampling-ratio': flag } }));
    await rename(`${file}.new`, file);
  };
  await choose('none');
  const receiver = await startOtlpReceiver({ protocol: 'http' });
  const exporter = await ExporterProcess.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    SELFCHEER_FLAGS_FILE: file,
  });
  let sent = 0;
  const post = async (headers: Readonly<Record<string, string>> = {}): Promise<void> => {
    const body = `{"event_id":"${sent++}","payload":1}`;
    const { status } = await exporter.post(body, { 'content-type': 'application/json', ...headers });
    expect(status).toBe(202);
  };
  try {
    for (let n = 0; n < 20; n++) await post();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await post({ traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    await receiver.waitFor(({ name }) => name === 'kafka_publish', 30_000);
    expect(new Set(receiver.spans().map((span) => span.traceId))).toEqual(new Set([traceId]));

    await choose('all');
    const began = (span: ReceivedSpan) => span.name === 'ingest_request' && span.parentSpanId === undefined;
    for (const end = Date.now() + 30_000; !receiver.spans().some(began); await sleep(100)) {
      expect(Date.now()).toBeLessThan(end);
      await post();
    }
  } finally {
    await exporter.dispose();
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

test('nothing is exported unless it is asked for', async () => {
  const exporter = await ExporterProcess.start({ OTEL_TRACES_EXPORTER: 'none' });
  try {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
    const headers = { 'content-type': 'application/json', traceparent };
    expect((await exporter.post('{"event_id":"a","payload":1}', headers)).status).toBe(202);
    const answer = await exporter.admin('/metrics', { accept: 'application/openmetrics-text' });
    expect(await answer.text()).not.toContain('trace_id=');
  } finally {
    await exporter.dispose();
  }
});
