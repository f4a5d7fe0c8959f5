import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SpanRecorder } from '../../test/helpers/span-recorder';
import { storedEvent } from '../../test/helpers/stored-event';
import type { StoredEvent, TraceContext } from '../event';
import { BatchSpans } from './batch-trace';
import type { OutgoingMessage } from './publisher';

let recorder: SpanRecorder;
let spans: BatchSpans;
beforeEach(() => {
  recorder = new SpanRecorder(false);
  spans = new BatchSpans(recorder.tracer, 'kafka');
});
afterEach(() => recorder.close());

const id = (n: number, digits: number) => n.toString(16).padStart(digits, '0');
const of = (traceNumber: number, span: number, flags = '01'): TraceContext => ({
  traceparent: `00-${id(traceNumber, 32)}-${id(span, 16)}-${flags}`,
});
const events = (...contexts: (TraceContext | undefined)[]): StoredEvent[] =>
  contexts.map((one) => ({ ...storedEvent('1'), ...(one && { trace: one }) }));
const messages = (batch: readonly StoredEvent[]): OutgoingMessage[] =>
  batch.map(({ lane, seq, trace }) => ({
    ...{ lane, seq, key: 'k', value: Buffer.from('{}'), headers: { ce_id: 'a', ...trace } },
  }));
const named = (name: string) => recorder.spans.filter((span) => span.name === name);
const linked = (span = recorder.spans[0]) =>
  span?.links.map(({ context: { spanId } }) => parseInt(spanId, 16));

it.each([
  ['none has a trace', [undefined, undefined]],
  ['none is recorded', [of(1, 1, '00'), of(2, 2, '00')]],
])('makes nothing of a batch when %s', (_why, contexts) => {
  expect(spans.begin(events(...contexts))).toBeUndefined();
});

it('a batch of one trace goes on from the span that took its first event', () => {
  const batch = events(of(7, 1), of(7, 1), of(7, 2));
  const batchTrace = spans.begin(batch)!;
  expect(batchTrace.traceId).toBe(id(7, 32));
  batchTrace.sending('events', messages(batch), false)({ kind: 'published' });
  const [span] = recorder.spans;
  expect(span).toMatchObject({ name: 'kafka_publish', kind: SpanKind.CLIENT });
  expect(span?.parentSpanContext).toMatchObject({ traceId: id(7, 32), spanId: id(1, 16) });
  expect(linked()).toEqual([2]);
  expect(span?.status.code).toBe(SpanStatusCode.UNSET);
  expect(span?.attributes).toEqual({
    'messaging.system.name': 'kafka',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'send',
    'messaging.destination.name': 'events',
    'messaging.batch.message_count': 3,
    'selfcheer.lane': batch[0]?.lane,
  });
});

it('a batch of several traces has one of its own, with links to the recorded ones', () => {
  const batch = events(of(7, 1), of(8, 2), undefined, of(9, 3, '00'), of(8, 2));
  const batchTrace = spans.begin(batch)!;
  batchTrace.run('normalize', () => undefined);
  batchTrace.run('table', () => undefined);
  batchTrace.endSteps();
  batchTrace.sending('events', messages(batch), false)({ kind: 'published' });
  const [first, second, sent] = recorder.spans;
  expect(recorder.spans.map(({ name }) => name)).toEqual([
    'enrichment_step',
    'enrichment_step',
    'kafka_publish',
  ]);
  expect(first?.parentSpanContext).toBeUndefined();
  const own = first!.spanContext();
  expect([id(7, 32), id(8, 32), id(9, 32)]).not.toContain(own.traceId);
  expect(batchTrace.traceId).toBe(own.traceId);
  for (const span of [second, sent]) expect(span?.parentSpanContext).toMatchObject(own);
  for (const span of [first, second, sent]) expect(linked(span)).toEqual([1, 2]);
});

it('one event without a trace, and the batch is not of one trace', () => {
  spans.begin(events(of(7, 1), undefined))!.sending('events', messages(events(of(7, 1))), false)({
    kind: 'published',
  });
  expect(recorder.spans[0]?.parentSpanContext).toBeUndefined();
});

it('links to no more than 128', () => {
  const batch = events(...Array.from({ length: 500 }, (_, n) => of(n + 1, n + 1)));
  spans.begin(batch)!.sending('events', messages(batch), false)({ kind: 'published' });
  expect(recorder.spans[0]?.links).toHaveLength(128);
});

it('a send that failed says with what; a part that is sent again links to its own events', () => {
  const batch = events(of(7, 1), of(8, 2));
  const batchTrace = spans.begin(batch)!;
  const error = new Error('no leader, password=hunter2');
  batchTrace.sending(
    'events',
    messages(batch),
    false,
  )({
    ...{ kind: 'waiting', reason: 'unavailable', error, publishedIndexes: [0] },
  });
  batchTrace.sending('events', messages(batch.slice(1)), true)({ kind: 'ambiguous', error });
  const [first, second] = named('kafka_publish');
  expect(first?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no leader, password=[redacted]' });
  expect(first?.attributes).toMatchObject({ 'error.type': 'unavailable', 'selfcheer.events.published': 1 });
  expect(second?.attributes).toMatchObject({ 'error.type': 'ambiguous', 'selfcheer.retry': true });
  expect(linked(first)).toEqual([1, 2]);
  expect(linked(second)).toEqual([2]);
});

it('a step is one span for all events of the batch, active while it runs, and lasts to its last one', async () => {
  const batchTrace = spans.begin(events(of(7, 1), of(7, 1)))!;
  const active = () => trace.getSpan(context.active())?.spanContext().spanId;
  const seen = [batchTrace.run('lookup', active)];
  const later = batchTrace.run('lookup', async () => {
    await nextTurn();
    seen.push(active());
    return 'found';
  });
  expect(batchTrace.run('hash', () => 3)).toBe(3);
  expect(await later).toBe('found');
  expect(() =>
    batchTrace.run('hash', () => {
      throw new Error('bug');
    }),
  ).toThrow('bug');
  expect(recorder.spans).toEqual([]);
  batchTrace.endSteps();
  batchTrace.endSteps();
  const [lookup, hash] = named('enrichment_step');
  expect(recorder.spans).toHaveLength(2);
  expect(seen).toEqual(Array(2).fill(lookup?.spanContext().spanId));
  expect(lookup?.attributes).toMatchObject({ 'selfcheer.step': 'lookup', 'selfcheer.events': 2 });
  expect(hash?.attributes).toMatchObject({ 'selfcheer.step': 'hash', 'selfcheer.events': 2 });
  expect(lookup?.parentSpanContext?.spanId).toBe(id(1, 16));
  const [seconds = 0, nanoseconds = 0] = lookup!.duration;
  const busy = lookup!.attributes['selfcheer.step.busy_seconds'] as number;
  expect(busy).toBeGreaterThan(0);
  expect(busy).toBeLessThanOrEqual((seconds + nanoseconds / 1e9) * 1.01 + 1e-3);
});
