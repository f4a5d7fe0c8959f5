import {
  context,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Context,
  type ContextManager,
} from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createDownstream } from './downstream';
import { downstreamSpans } from './downstream-spans';
import { HttpError } from './errors';

/** As the one of the OpenTelemetry SDK for Node, as far as it is needed here. */
class LocalContext implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();
  active = () => this.storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager['with'] = (active, run, self, ...args) =>
    this.storage.run(active, () => run.apply(self as never, args));
  bind: ContextManager['bind'] = (_, target) => target;
  enable = () => this;
  disable = () => this;
}

const busy = new HttpError(503);

function geo(minimumCalls = 10) {
  const downstream = createDownstream({
    ...{ name: 'geo', server: { address: 'geo.internal', port: 8443 } },
    ...{ breaker: { minimumCalls }, retry: { attempts: 2, minMs: 0, maxMs: 0 } },
  });
  downstream.subscribe(downstreamSpans());
  return downstream;
}

test('without an SDK nothing happens', async () => {
  await expect(geo().call(async () => 'answer')).resolves.toBe('answer');
});

describe('with an SDK', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  beforeAll(() => {
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new LocalContext());
  });
  afterEach(() => exporter.reset());
  afterAll(() => {
    trace.disable();
    context.disable();
    return provider.shutdown();
  });

  test('no secret of an error goes along', async () => {
    const refused = new Error('connect postgres://u:hunter2@db failed');
    await expect(geo().call(() => Promise.reject(refused))).rejects.toBe(refused);
    const [span] = exporter.getFinishedSpans();
    expect(span?.status.message).toBe('connect postgres://u:[redacted]@db failed');
  });

  test('each attempt is a span, child of the caller’s, and a retry an event of the caller’s', async () => {
    const caller = trace.getTracer('test').startSpan('enrichment_step');
    const errors = [busy];
    await context.with(trace.setSpan(context.active(), caller), () =>
      geo().call(async () => {
        const error = errors.pop();
        if (error) throw error;
      }),
    );
    caller.end();
    const [first, second, outer] = exporter.getFinishedSpans();
    expect([first?.name, second?.name, outer?.name]).toEqual([
      'downstream_call',
      'downstream_call',
      'enrichment_step',
    ]);
    expect(first?.parentSpanContext?.spanId).toBe(caller.spanContext().spanId);
    expect(second?.parentSpanContext?.spanId).toBe(caller.spanContext().spanId);
    expect(first?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'the downstream answered 503' });
    expect(first?.attributes).toEqual({
      'service.peer.name': 'geo',
      'server.address': 'geo.internal',
      'server.port': 8443,
      'error.type': '503',
      'http.response.status_code': 503,
    });
    expect(second?.status.code).toBe(SpanStatusCode.UNSET);
    expect(second?.attributes).toEqual({
      'service.peer.name': 'geo',
      'server.address': 'geo.internal',
      'server.port': 8443,
      'http.request.resend_count': 1,
    });
    expect(outer?.events).toMatchObject([{ name: 'retry', attributes: { 'error.type': '503' } }]);
  });

  test('an answer that can not be used is no error of its status', async () => {
    await geo()
      .call(() => Promise.reject(new HttpError(200, 'the answer is not JSON')))
      .catch(() => undefined);
    expect(exporter.getFinishedSpans()[0]?.attributes).toMatchObject({
      'error.type': 'http_status',
      'http.response.status_code': 200,
    });
  });

  test('what was not tried has no span, but leaves a word on the caller’s, as does a fallback', async () => {
    const downstream = geo(1);
    await downstream.call(() => Promise.reject(busy)).catch(() => undefined);
    exporter.reset();
    const caller = trace.getTracer('test').startSpan('enrichment_step');
    const answer = await context.with(trace.setSpan(context.active(), caller), () =>
      downstream.call(async () => 'answer', { fallback: () => 'cached' }),
    );
    caller.end();
    expect(answer).toBe('cached');
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    const { events } = exporter.getFinishedSpans()[0]!;
    expect(events.map(({ name, attributes }) => [name, attributes?.['error.type']])).toEqual([
      ['downstream_call rejected', 'breaker_open'],
      ['fallback', 'breaker_open'],
    ]);
  });
});
