import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { HttpDownstream } from '../helpers/http-downstream';
import { eventually, Service, tidyUp } from '../helpers/service';
import { SpanRecorder } from '../helpers/span-recorder';

/*
 * Chapter 19. A request is a span of the producer's trace. Its events carry that span's context through the outbox to
 * whoever reads the sink; what is done with them behind the outbox, a batch at a time, is told by spans of the same trace,
 * or, where the events of a batch are of several, by a trace of the batch's own that links to them.
 */
describe('19 traces', () => {
  let recorder: SpanRecorder;
  let stations: HttpDownstream;
  beforeEach(async () => {
    recorder = new SpanRecorder().register();
    stations = await HttpDownstream.start();
    stations.answer = (_request, response) => response.end('{"name":"Ulm"}');
  });
  afterEach(async () => {
    await tidyUp();
    await stations.stop();
    await recorder.close();
  });

  const traceOf = (n: number, flags = '01'): string =>
    `00-${String(n).padStart(32, '0')}-${'b'.repeat(16)}-${flags}`;
  const headers = (traceparent: string): { headers: Record<string, string> } => ({
    headers: { 'content-type': 'application/json', traceparent },
  });
  const enrich = (): object[] => [
    { step: 'normalize' },
    { step: 'lookup', name: 'stations', url: `${stations.url}/{station}`, field: 'station' },
  ];
  const named = (name: string): ReadableSpan[] => recorder.spans.filter((span) => span.name === name);
  const idOf = (span: ReadableSpan | undefined): string | undefined => span?.spanContext().spanId;

  it('from the producer to the sink it is one, and it leads from each step to what that called', async () => {
    const service = await Service.start({ enrich: enrich() });
    await service.send([{ event_id: 'a', payload: { station: 's' } }], headers(traceOf(7)));
    const [published] = await service.untilPublished(1);
    await eventually(() => named('kafka_publish').length === 1);
    const [ingest] = named('ingest_request');
    expect(published?.headers['traceparent']).toBe(`00-${'7'.padStart(32, '0')}-${idOf(ingest)}-01`);
    expect(new Set(recorder.spans.map((span) => span.spanContext().traceId))).toEqual(
      new Set(['7'.padStart(32, '0')]),
    );
    const parents = Object.fromEntries(
      recorder.spans.map((span) => [
        String(span.attributes['selfcheer.step'] ?? span.name),
        span.parentSpanContext?.spanId,
      ]),
    );
    const lookup = named('enrichment_step').find((span) => span.attributes['selfcheer.step'] === 'stations');
    expect(parents).toEqual({
      ingest_request: 'b'.repeat(16),
      normalize: idOf(ingest),
      stations: idOf(ingest),
      downstream_call: idOf(lookup),
      kafka_publish: idOf(ingest),
    });
  });

  it('a batch of several traces has its own, with links to those that are recorded', async () => {
    const service = await Service.start({ outbox: { lanes: 1 }, enrich: enrich() });
    stations.answer = (_request, response) => void held.push(() => response.end('{}'));
    const held: (() => void)[] = [];
    // While the first one waits, the others gather behind it.
    await service.send([{ event_id: 'first', payload: { station: 's' } }], headers(traceOf(1)));
    await eventually(() => held.length === 1);
    for (const [n, flags] of [
      [2, '01'],
      [3, '00'],
      [4, '01'],
    ] as const) {
      await service.send([{ event_id: `e${n}`, payload: n }], headers(traceOf(n, flags)));
    }
    held[0]?.();
    await service.untilPublished(4);
    await eventually(() => named('kafka_publish').length === 2);
    const [, batch] = named('kafka_publish');
    const linked = batch?.links.map(({ context }) => Number(context.traceId));
    expect(linked).toEqual([2, 4]);
    expect([1, 2, 3, 4]).not.toContain(Number(`0x${batch?.spanContext().traceId}`));
    const ofBatch = recorder.spans.filter(
      (span) => span.spanContext().traceId === batch?.spanContext().traceId,
    );
    expect(ofBatch.map(({ name }) => name).sort()).toEqual([
      'enrichment_step',
      'enrichment_step',
      'kafka_publish',
    ]);
  });

  it('what the producer does not record is not recorded, and says so to the consumer', async () => {
    const service = await Service.start({ enrich: enrich() });
    await service.send([{ event_id: 'a', payload: { station: 's' } }], headers(traceOf(7, '00')));
    const [published] = await service.untilPublished(1);
    expect(published?.headers['traceparent']).toMatch(/^00-0{31}7-[0-9a-f]{16}-00$/);
    await service.stop();
    expect(recorder.spans.filter(({ name }) => name !== 'downstream_call')).toEqual([]);
  });
});
