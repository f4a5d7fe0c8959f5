import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { connect } from 'node:net';
import { GrpcFixture, until } from '../../test/helpers/grpc-fixture';
import { post } from '../../test/helpers/http-post';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { SpanRecorder } from '../../test/helpers/span-recorder';
import { SelfcheerError } from '../errors';
import { IngestSpans } from './ingest-spans';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const came = (flags: string) => `00-${traceId}-${parentId}-${flags}`;
const json = { 'content-type': 'application/json' };
const event = (id: string) => JSON.stringify({ event_id: id, payload: 1 });

let recorder: SpanRecorder;
const record = (roots = true): { spans: IngestSpans } => {
  recorder = new SpanRecorder(roots);
  return { spans: new IngestSpans(recorder.tracer) };
};
afterEach(() => recorder.close());

describe('over HTTP', () => {
  let fixture: IngestFixture;
  let port: number;
  const start = async (roots = true): Promise<void> => {
    fixture = new IngestFixture(record(roots));
    port = await fixture.listen();
  };
  afterEach(() => fixture.close());

  it('a request is a span of the producer’s trace, and what its events carry on is that span', async () => {
    await start();
    const headers = { ...json, traceparent: came('01'), tracestate: 'x=1' };
    await post(port, `[${event('a')},${event('a')},7]`, { headers });
    const [span] = recorder.spans;
    expect(span).toMatchObject({ name: 'ingest_request', kind: SpanKind.SERVER });
    expect(span?.parentSpanContext).toMatchObject({ traceId, spanId: parentId, isRemote: true });
    expect(span?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/events',
      'url.path': '/v1/events',
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'http.response.status_code': 207,
      'selfcheer.events.accepted': 1,
      'selfcheer.events.duplicates': 1,
      'selfcheer.events.rejected': 1,
    });
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    const { spanId } = span!.spanContext();
    expect(fixture.acceptor.events[0]?.trace).toEqual({
      traceparent: `00-${traceId}-${spanId}-01`,
      tracestate: 'x=1',
    });
    expect(fixture.traceIds).toEqual([traceId]);
    expect(fixture.observer.latencies[0]?.traceId).toBe(traceId);
  });

  it('without a producer’s trace one begins', async () => {
    await start();
    await post(port, event('a'));
    const { traceId: own, spanId } = recorder.spans[0]!.spanContext();
    expect(recorder.spans[0]?.parentSpanContext).toBeUndefined();
    expect(fixture.acceptor.events[0]?.trace).toEqual({ traceparent: `00-${own}-${spanId}-01` });
    expect(fixture.traceIds).toEqual([own]);
  });

  it.each([
    ['the producer does not record', came('00')],
    ['nobody does', undefined],
  ])('%s: no span, no exemplar, and events that say so to whoever comes next', async (_who, traceparent) => {
    await start(false);
    await post(port, event('a'), { headers: { ...json, ...(traceparent !== undefined && { traceparent }) } });
    expect(recorder.spans).toEqual([]);
    expect(fixture.acceptor.events[0]?.trace?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(fixture.traceIds).toEqual([undefined]);
    expect(fixture.observer.latencies[0]?.traceId).toBeUndefined();
  });

  it('an event that names another trace keeps it; one that names this trace goes on from the span', async () => {
    await start();
    const other = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;
    const cloudEvent = (id: string, traceparent: string) => ({
      ...{ specversion: '1.0', id, source: '/s', type: 't', data: 1, traceparent },
    });
    const body = [cloudEvent('a', other), cloudEvent('b', `00-${traceId}-${'e'.repeat(16)}-01`)];
    await post(port, JSON.stringify(body), {
      headers: { 'content-type': 'application/cloudevents-batch+json', traceparent: came('01') },
    });
    const { spanId } = recorder.spans[0]!.spanContext();
    expect(fixture.acceptor.events.map(({ trace }) => trace?.traceparent)).toEqual([
      other,
      `00-${traceId}-${spanId}-01`,
    ]);
  });

  it('what the caller did wrong is no error of the span, what failed here is', async () => {
    await start();
    await post(port, 'nonsense');
    fixture.acceptor.failure = new SelfcheerError('store_fenced', 'away', { retriable: true });
    await post(port, event('a'));
    const [wrong, failed] = recorder.spans;
    expect(wrong?.attributes['http.response.status_code']).toBe(400);
    expect(wrong?.status.code).toBe(SpanStatusCode.UNSET);
    expect(failed?.attributes).toMatchObject({ 'http.response.status_code': 503, 'error.type': '503' });
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('a bug is told with the trace that it hit', async () => {
    await start();
    fixture.acceptor.failure = new Error('bug');
    await post(port, event('a'), { headers: { ...json, traceparent: came('01') } });
    expect(fixture.observer.correlations).toEqual([traceId]);
  });

  it('and without one with the request id', async () => {
    fixture = new IngestFixture();
    recorder = new SpanRecorder();
    port = await fixture.listen();
    fixture.acceptor.failure = new Error('bug');
    await post(port, event('a'), { headers: { ...json, 'x-request-id': 'request-7' } });
    expect(fixture.observer.correlations).toEqual(['request-7']);
  });

  it('a client that goes away in the middle leaves a span that says so', async () => {
    await start();
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        'POST /v1/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
      ),
    );
    await until(() => fixture.memory.used > 0);
    socket.destroy();
    await until(() => recorder.spans.length > 0);
    expect(recorder.spans[0]?.attributes['error.type']).toBe('client_gone');
  });
});

describe('over gRPC', () => {
  const ingest = 'selfcheer.v1.IngestService/Ingest';
  let fixture: GrpcFixture;
  const start = async (): Promise<void> => {
    fixture = await new GrpcFixture(record()).start();
  };
  afterEach(() => fixture.close());

  it('a call is a span of the producer’s trace, and what its events carry on is that span', async () => {
    await start();
    await fixture.call(ingest, { event_id: 'a', payload: 'x' }, { metadata: { traceparent: came('01') } });
    await until(() => recorder.spans.length > 0);
    const [span] = recorder.spans;
    expect(span).toMatchObject({ name: 'ingest_request', kind: SpanKind.SERVER });
    expect(span?.parentSpanContext).toMatchObject({ traceId, spanId: parentId });
    expect(span?.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': ingest,
      'rpc.status_code': 'OK',
    });
    const { spanId } = span!.spanContext();
    expect(fixture.ingest.acceptor.events[0]?.trace).toEqual({ traceparent: `00-${traceId}-${spanId}-01` });
    expect(fixture.ingest.traceIds).toEqual([traceId]);
  });

  it('the caller’s faults are none of the span, ours are; who only asks has none', async () => {
    await start();
    await fixture.failure(ingest, { payload: 'x' });
    fixture.ingest.acceptor.failure = new SelfcheerError('store_fenced', 'away', { retriable: true });
    await fixture.failure(ingest, { event_id: 'a', payload: 'x' });
    await fixture.call('selfcheer.v1.CheerService/GetCheer', {});
    await until(() => recorder.spans.length === 2);
    const [wrong, failed] = recorder.spans;
    expect(wrong?.attributes['rpc.status_code']).toBe('INVALID_ARGUMENT');
    expect(wrong?.status.code).toBe(SpanStatusCode.UNSET);
    expect(failed?.attributes).toMatchObject({
      'rpc.status_code': 'UNAVAILABLE',
      'error.type': 'UNAVAILABLE',
    });
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
    expect(recorder.spans).toHaveLength(2);
  });
});
