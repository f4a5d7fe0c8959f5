import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { SelfcheerError } from '../errors';
import { IngestSpans } from './ingest-spans';
import { isProblem, refusal, type Delivery, type DraftFields, type IntakeDraft } from './intake';

const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const delivery: Delivery = {
  transport: 'grpc',
  startedAt: 0,
  receivedAt: Date.UTC(2026, 0, 1),
  tenant: 'acme',
  traffic: 'real',
};

function fields(more: Partial<DraftFields> = {}): DraftFields {
  const payload = Buffer.from('{"n":1}');
  const absent = {
    timestamp: undefined,
    source: undefined,
    type: undefined,
    key: undefined,
    trace: undefined,
  };
  return { id: 'a', payload, base64: false, ...absent, ...more };
}

function draft(fixture: IngestFixture, more: Partial<DraftFields> = {}): IntakeDraft {
  const checked = fixture.intake.check(fields(more));
  if (isProblem(checked)) throw new Error(checked.detail);
  return checked;
}

describe('Intake.check', () => {
  const { intake } = new IngestFixture({ limits: { eventBytes: 100 } });

  it('passes on the fields as sent and nothing that was not', () => {
    expect(intake.check(fields())).toEqual({ id: 'a', payload: Buffer.from('{"n":1}') });
    const all = { timestamp: 1_700_000_000_000, source: '/s', type: 't', key: 'k', base64: true, trace };
    expect(intake.check(fields(all))).toEqual({ id: 'a', payload: Buffer.from('{"n":1}'), ...all });
    const nulls = { timestamp: null, source: null, type: null, key: null };
    expect(intake.check(fields(nulls))).toEqual({ id: 'a', payload: Buffer.from('{"n":1}') });
  });

  test.each<[Partial<DraftFields>, string, string]>([
    [{ id: undefined }, 'missing_event_id', 'event_id'],
    [{ id: null }, 'missing_event_id', 'event_id'],
    [{ id: '' }, 'invalid_event_id', 'event_id'],
    [{ id: 'x'.repeat(513) }, 'invalid_event_id', 'event_id'],
    [{ id: 'a\u0007' }, 'invalid_event_id', 'event_id'],
    [{ id: '\ud800' }, 'invalid_event_id', 'event_id'],
    [{ payload: undefined }, 'missing_payload', 'payload'],
    [{ payload: Buffer.alloc(101) }, 'event_too_large', 'payload'],
    [{ source: '' }, 'invalid_source', 'source'],
    [{ source: 's'.repeat(1025) }, 'invalid_source', 'source'],
    [{ type: 't'.repeat(257) }, 'invalid_type', 'type'],
    [{ key: '\n' }, 'invalid_key', 'key'],
    [{ timestamp: Number.NaN }, 'invalid_timestamp', 'timestamp'],
    [{ timestamp: Infinity }, 'invalid_timestamp', 'timestamp'],
    [{ timestamp: 1_700_000_000_000.5 }, 'invalid_timestamp', 'timestamp'],
    [{ timestamp: 2 ** 60 }, 'invalid_timestamp', 'timestamp'],
    [{ timestamp: 'yesterday' }, 'invalid_timestamp', 'timestamp'],
    [{ timestamp: '' }, 'invalid_timestamp', 'timestamp'],
    [{ timestamp: '1700000000000' }, 'invalid_timestamp', 'timestamp'],
    [{ timestamp: -1 }, 'timestamp_too_early', 'timestamp'],
    [{ timestamp: 0 }, 'timestamp_too_early', 'timestamp'],
    [{ timestamp: 1_700_000_000 }, 'timestamp_too_early', 'timestamp'],
    [{ timestamp: '1969-12-31T23:59:59Z' }, 'timestamp_too_early', 'timestamp'],
    [{ timestamp: Date.UTC(2026, 0, 2) + 1 }, 'timestamp_too_late', 'timestamp'],
    [{ timestamp: '2026-01-02T00:00:00.001Z' }, 'timestamp_too_late', 'timestamp'],
  ])('refuses %j as %s', (wrong, code, field) => {
    const checked = intake.check(fields(wrong));
    expect(checked).toMatchObject({ code, field });
    expect(isProblem(checked) && checked.detail.startsWith(field)).toBe(true);
  });

  test.each([Date.UTC(2026, 0, 2), 100_000_000_000, '1970-01-01T00:00:00Z', '2026-01-01T23:59:59+01:00'])(
    'allows the timestamp %j',
    (timestamp) => {
      expect(isProblem(intake.check(fields({ timestamp })))).toBe(false);
    },
  );

  it('mints an id when told so, a new one each time, but never replaces one that is wrong', () => {
    const minting = new IngestFixture({ mintIds: true });
    const first = draft(minting, { id: undefined });
    expect(first.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(draft(minting, { id: null }).id).not.toBe(first.id);
    expect(minting.intake.check(fields({ id: '' }))).toMatchObject({ code: 'invalid_event_id' });
  });
});

describe('Intake.submit', () => {
  it('answers in order, tells accepted, duplicate and updated apart, and counts each once', async () => {
    const fixture = new IngestFixture();
    const other = draft(fixture, { payload: Buffer.from('2') });
    const submission = await fixture.intake.submit(
      [draft(fixture), draft(fixture), other, draft(fixture, { id: 'b' })],
      delivery,
    );
    expect(submission).toEqual({
      kind: 'settled',
      results: [
        { id: 'a', status: 'accepted', revision: 1 },
        { id: 'a', status: 'duplicate', revision: 1 },
        { id: 'a', status: 'updated', revision: 2 },
        { id: 'b', status: 'accepted', revision: 1 },
      ],
    });
    expect(fixture.observer.counts).toEqual({ 'grpc accepted': 2, 'grpc duplicate': 1, 'grpc updated': 1 });
    expect(fixture.observer.latencies).toMatchObject([{ count: 4, traceId: undefined }]);
  });

  it('rejects a conflict with its own code and leaves its neighbours', async () => {
    const fixture = new IngestFixture();
    fixture.acceptor.rejectConflicts = true;
    const drafts = [
      draft(fixture),
      draft(fixture, { payload: Buffer.from('2') }),
      draft(fixture, { id: 'b' }),
    ];
    const submission = await fixture.intake.submit(drafts, { ...delivery, trace });
    if (submission.kind !== 'settled') throw new Error('refused');
    expect(submission.results.map((result) => result.status)).toEqual(['accepted', 'rejected', 'accepted']);
    expect(submission.results[1]?.error).toMatchObject({ code: 'id_conflict', field: 'event_id' });
    expect(fixture.observer.counts).toEqual({ 'grpc accepted': 2, 'grpc rejected': 1 });
    expect(fixture.observer.latencies).toMatchObject([{ count: 2, traceId: 'a'.repeat(32) }]);
  });

  it("keeps an event's own context within the trace of the request, unless the request has a span in it", async () => {
    const own = { traceparent: `00-${'a'.repeat(32)}-${'d'.repeat(16)}-01`, tracestate: 'own=1' };
    const without = new IngestFixture();
    await without.intake.submit([draft(without, { trace: own })], { ...delivery, trace });
    expect(without.acceptor.events[0]?.trace).toEqual(own);
    const tracer = new BasicTracerProvider().getTracer('test');
    const spanned = new IngestFixture({ spans: new IngestSpans(tracer) });
    await spanned.intake.submit([draft(spanned, { trace: own })], { ...delivery, trace });
    expect(spanned.acceptor.events[0]?.trace).toEqual(trace);
  });

  it('gives each event its own trace where it has one, and the defaults where nothing was sent', async () => {
    const fixture = new IngestFixture();
    const own = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` };
    await fixture.intake.submit([draft(fixture), draft(fixture, { id: 'b', trace: own })], {
      ...delivery,
      trace,
    });
    expect(fixture.acceptor.events).toMatchObject([
      { id: 'a', trace, tenant: 'acme', source: '/selfcheer/test', type: 'selfcheer.event', key: 'a' },
      { id: 'b', trace: own },
    ]);
  });

  it('hands events over before it returns, so that two calls in a row keep their order', () => {
    const fixture = new IngestFixture();
    void fixture.intake.submit([draft(fixture, { id: '1' })], delivery);
    void fixture.intake.submit([draft(fixture, { id: '2' })], delivery);
    expect(fixture.acceptor.events.map((event) => event.id)).toEqual(['1', '2']);
  });

  it('asks the gate first and then gives the outbox nothing', async () => {
    const fixture = new IngestFixture();
    fixture.gate = refusal('draining', 'on its way out');
    expect(await fixture.intake.submit([draft(fixture)], delivery)).toEqual({
      kind: 'refused',
      refusal: fixture.gate,
    });
    expect(fixture.acceptor.calls).toEqual([]);
    expect(fixture.observer.counts).toEqual({ 'grpc refused': 1 });
    expect(fixture.observer.sheds).toEqual(['draining']);
  });

  test.each([
    [new SelfcheerError('store_full', 'no room', { retriable: true }), 'store_full', 'refused', ['disk']],
    [new SelfcheerError('store_fenced', 'fenced', { retriable: true }), 'store_fenced', 'refused', ['disk']],
    [
      new SelfcheerError('overloaded', 'too much', { retriable: true }),
      'overloaded',
      'refused',
      ['overload'],
    ],
    [new SelfcheerError('kafka_down', 'away', { retriable: true }), 'unavailable', 'refused', ['overload']],
    [new SelfcheerError('kafka_odd', 'odd'), 'internal', 'failed', []],
    [new TypeError('a bug'), 'internal', 'failed', []],
  ])('turns %s into the refusal %s', async (failure, code, result, sheds) => {
    const fixture = new IngestFixture();
    fixture.acceptor.failure = failure;
    const submission = await fixture.intake.submit([draft(fixture)], delivery);
    if (submission.kind !== 'refused') throw new Error('settled');
    expect(submission.refusal.code).toBe(code);
    expect(submission.refusal.retryAfterSeconds).toBeGreaterThan(0);
    expect(fixture.observer.counts).toEqual({ [`grpc ${result}`]: 1 });
    expect(fixture.observer.sheds).toEqual(sheds);
    expect(fixture.observer.latencies).toEqual([]);
    expect(fixture.observer.failures).toEqual(code === 'internal' ? [failure] : []);
  });

  it('charges a quota for what is stored only, whatever else was sent', async () => {
    const tenants = { acme: { eventsPerSecond: 0.001, bytesPerSecond: 0.016, burstSeconds: 2_000 } };
    const fixture = new IngestFixture({ tenants });
    const remaining = (): number[] =>
      fixture.intake.admission.readings('acme')!.map((reading) => reading.remaining);
    await fixture.intake.submit([draft(fixture)], delivery);
    expect(remaining()).toEqual([1, 24]);
    for (let again = 0; again < 3; again++) await fixture.intake.submit([draft(fixture)], delivery);
    fixture.acceptor.rejectConflicts = true;
    await fixture.intake.submit([draft(fixture, { payload: Buffer.from('2') })], delivery);
    expect(remaining()).toEqual([1, 24]);
    fixture.acceptor.rejectConflicts = false;
    await fixture.intake.submit([draft(fixture, { payload: Buffer.from('3') })], delivery);
    expect(remaining()).toEqual([0, 22]);
  });

  it('does not tell a client what a bug said', async () => {
    const fixture = new IngestFixture();
    fixture.acceptor.failure = new TypeError('secret path');
    expect(JSON.stringify(await fixture.intake.submit([draft(fixture)], delivery))).not.toContain(
      'secret path',
    );
  });
});
