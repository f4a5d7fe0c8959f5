import { status } from '@grpc/grpc-js';
import { SelfcheerError } from '../errors';
import { detailsOf, eventBytes, GrpcFixture, until } from '../../test/helpers/grpc-fixture';
import { refusal } from './intake';

const ingest = 'selfcheer.v1.IngestService/Ingest';
const batch = 'selfcheer.v1.IngestService/IngestBatch';

describe('Ingest', () => {
  let fixture: GrpcFixture;
  beforeEach(async () => {
    fixture = await new GrpcFixture().start();
  });
  afterEach(() => fixture.close());

  it('acknowledges a new event with the cheer', async () => {
    const answer = await fixture.call(ingest, { event_id: 'g-1', payload: 'hello' });
    expect(answer).toEqual({
      event_id: 'g-1',
      revision: 1,
      status: 'EVENT_STATUS_ACCEPTED',
      cheer: {
        state: 'CHEER_STATE_GREEN',
        score: 97,
        error_budget_remaining: 0.875,
        cheers_total: 12,
        misses_total: 1,
        idle: false,
        since: 1_700_000_000_000,
      },
    });
    const [event] = fixture.ingest.acceptor.events;
    expect(event).toMatchObject({ id: 'g-1', source: '/selfcheer/test', key: 'g-1', tenant: 'default' });
    expect(event!.payload.toString()).toBe('"hello"');
    expect(fixture.ingest.observer.counts).toEqual({ 'grpc accepted': 1 });
    expect(fixture.ingest.observer.latencies).toHaveLength(1);
  });

  it('keeps every field', async () => {
    const sent = { timestamp: 1_700_000_000_123, source: '/s', type: 't', key: 'k' };
    await fixture.call(ingest, { event_id: 'é-1', payload_json: Buffer.from(' {"a": 1} '), ...sent });
    const [event] = fixture.ingest.acceptor.events;
    expect(event).toMatchObject({ id: 'é-1', ...sent });
    expect(event!.payload.toString()).toBe('{"a": 1}');
  });

  it('answers a duplicate with OK and an update with its revision', async () => {
    await fixture.call(ingest, { event_id: 'g-1', payload: 'a' });
    expect(await fixture.call(ingest, { event_id: 'g-1', payload: 'a' })).toMatchObject({
      duplicate: true,
      revision: 1,
      status: 'EVENT_STATUS_DUPLICATE',
    });
    const update = await fixture.call(ingest, { event_id: 'g-1', payload: 'b' });
    expect(update).toMatchObject({ revision: 2, status: 'EVENT_STATUS_UPDATED' });
    expect(update).not.toHaveProperty('duplicate');
  });

  it('answers FAILED_PRECONDITION when updates are refused', async () => {
    fixture.ingest.acceptor.rejectConflicts = true;
    await fixture.call(ingest, { event_id: 'g-1', payload: 'a' });
    const error = await fixture.failure(ingest, { event_id: 'g-1', payload: 'b' });
    expect(error.code).toBe(status.FAILED_PRECONDITION);
    expect(detailsOf(error)['ErrorInfo']).toEqual({ reason: 'ID_CONFLICT', domain: 'selfcheer' });
  });

  it.each([
    ['no id', { payload: 'x' }, 'missing_event_id', 'event_id'],
    ['no payload', { event_id: 'a' }, 'missing_payload', 'payload'],
    [
      'seconds for milliseconds',
      { event_id: 'a', payload: 'x', timestamp: 1_700_000_000 },
      'timestamp_too_early',
      'timestamp',
    ],
    ['a control character', { event_id: 'a\nb', payload: 'x' }, 'invalid_event_id', 'event_id'],
    ['broken JSON', { event_id: 'a', payload_json: Buffer.from('{') }, 'malformed_json', 'payload_json'],
  ])('names the field of an event with %s', async (_name, request, code, field) => {
    const error = await fixture.failure(ingest, request);
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    const details = detailsOf(error);
    expect(details['Status']).toEqual({ code: 3, message: error.details });
    expect(details['BadRequest']).toEqual({
      field_violations: [{ field, description: error.details, reason: code.toUpperCase() }],
    });
    expect(fixture.ingest.acceptor.events).toEqual([]);
    expect(fixture.ingest.observer.counts).toEqual({ 'grpc rejected': 1 });
  });

  it.each([
    ['quota_exceeded', status.RESOURCE_EXHAUSTED],
    ['overloaded', status.RESOURCE_EXHAUSTED],
    ['draining', status.UNAVAILABLE],
  ] as const)('refuses with RetryInfo when %s', async (code, expected) => {
    fixture.ingest.gate = { ...refusal(code, 'not now'), retryAfterSeconds: 7 };
    const error = await fixture.failure(ingest, { event_id: 'a', payload: 'x' });
    expect(error).toMatchObject({ code: expected, details: 'not now' });
    expect(detailsOf(error)['RetryInfo']).toEqual({ retry_delay: { seconds: '7' } });
    const counted = code === 'quota_exceeded' ? 'grpc rejected' : 'grpc refused';
    expect(fixture.ingest.observer.counts).toEqual({ [counted]: 1 });
  });

  it.each([
    ['store_full', true, status.RESOURCE_EXHAUSTED],
    ['store_fenced', true, status.UNAVAILABLE],
    ['something_else', true, status.UNAVAILABLE],
  ])('refuses with RetryInfo when the outbox says %s', async (code, retriable, expected) => {
    fixture.ingest.acceptor.failure = new SelfcheerError(code, 'no', { retriable });
    const error = await fixture.failure(ingest, { event_id: 'a', payload: 'x' });
    expect(error.code).toBe(expected);
    expect(detailsOf(error)).toHaveProperty('RetryInfo');
    expect(fixture.ingest.memory.used).toBe(0);
  });

  it('tells nothing of a bug, and survives it', async () => {
    fixture.ingest.acceptor.failure = new TypeError('secret');
    const error = await fixture.failure(ingest, { event_id: 'a', payload: 'x' });
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).not.toContain('secret');
    expect(fixture.ingest.observer.failures).toHaveLength(1);
    fixture.ingest.acceptor.failure = undefined;
    await fixture.call(ingest, { event_id: 'b', payload: 'x' });
  });

  it('mints an id when it is set to', async () => {
    const minting = await new GrpcFixture({ mintIds: true }).start();
    const { event_id } = await minting.call(ingest, { payload: 'x' });
    expect(event_id).toMatch(/^[0-9a-f-]{36}$/);
    await minting.close();
  });

  it('is acknowledged only when the outbox is done', async () => {
    let release!: () => void;
    fixture.ingest.acceptor.hold = new Promise((resolve) => (release = resolve));
    let answered = false;
    const call = fixture.call(ingest, { event_id: 'a', payload: 'x' }).then(() => (answered = true));
    await until(() => fixture.ingest.acceptor.calls.length > 0);
    await fixture.call('selfcheer.v1.CheerService/GetCheer', {});
    expect(answered).toBe(false);
    expect(fixture.ingest.memory.used).toBe(eventBytes({ event_id: 'a', payload: 'x' }).length);
    release();
    await call;
    expect(fixture.ingest.memory.used).toBe(0);
  });
});

describe('IngestBatch', () => {
  let fixture: GrpcFixture;
  beforeEach(async () => {
    fixture = await new GrpcFixture({ limits: { eventsPerRequest: 2000 } }).start();
  });
  afterEach(() => fixture.close());

  it('accepts the good neighbours of bad events, in order', async () => {
    fixture.ingest.acceptor.rejectConflicts = true;
    const answer = await fixture.call(batch, {
      requests: [
        { event_id: 'a', payload: '1' },
        { event_id: 'b' },
        { event_id: 'a', payload: '1' },
        { event_id: 'a', payload: '2' },
        { event_id: 'c', payload: '3' },
      ],
    });
    expect(answer).toMatchObject({ accepted: 2, duplicates: 1, rejected: 2 });
    expect(answer['cheer']).toMatchObject({ state: 'CHEER_STATE_GREEN' });
    expect(answer['results']).toEqual([
      { event_id: 'a', revision: 1, status: 'EVENT_STATUS_ACCEPTED' },
      {
        event_id: 'b',
        status: 'EVENT_STATUS_REJECTED',
        error: expect.objectContaining({ code: 'missing_payload', field: 'payload', index: 1 }),
      },
      { event_id: 'a', revision: 1, status: 'EVENT_STATUS_DUPLICATE', duplicate: true },
      {
        event_id: 'a',
        revision: 1,
        status: 'EVENT_STATUS_REJECTED',
        error: expect.objectContaining({ code: 'id_conflict', index: 3 }),
      },
      { event_id: 'c', revision: 1, status: 'EVENT_STATUS_ACCEPTED' },
    ]);
    expect(fixture.ingest.acceptor.calls).toEqual([4]);
  });

  it('rejects a damaged event alone', async () => {
    const good = eventBytes({ event_id: 'a', payload: 'x' });
    const damaged = Buffer.from([0x0a, 0x05, 0x61]); // event_id of 5 bytes, of which there is one
    const framed = [good, damaged, good].map((bytes) =>
      Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]),
    );
    const answer = await fixture.raw(batch, Buffer.concat(framed));
    expect(answer).toMatchObject({ accepted: 1, duplicates: 1, rejected: 1 });
    expect(answer['results']).toMatchObject([{}, { error: { code: 'malformed_message', index: 1 } }, {}]);
  });

  it('keeps the order of a large batch over several groups', async () => {
    const requests = Array.from({ length: 2000 }, (_, i) => ({
      event_id: `e-${i}`,
      payload: i % 7 ? 'x' : undefined,
    }));
    let turn = 0;
    const count = (): NodeJS.Immediate => setImmediate(() => (turn++, (counting = count())));
    let counting = count();
    const turns = new Set<number>();
    const append = fixture.ingest.acceptor.append.bind(fixture.ingest.acceptor);
    fixture.ingest.acceptor.append = (events) => append(events).finally(() => turns.add(turn));
    const answer = await fixture.call(batch, { requests });
    clearImmediate(counting);
    const results = answer['results'] as { event_id: string; status: string; error?: { index?: number } }[];
    expect(results.map((one) => one.event_id)).toEqual(requests.map((one) => one.event_id));
    for (const [i, result] of results.entries()) {
      expect(result.status).toBe(i % 7 ? 'EVENT_STATUS_ACCEPTED' : 'EVENT_STATUS_REJECTED');
      if (i % 7 === 0)
        expect(result.error).toMatchObject({ code: 'missing_payload', ...(i > 0 && { index: i }) });
    }
    expect(fixture.ingest.acceptor.events.map((event) => event.id)).toEqual(
      requests.filter((one) => one.payload).map((one) => one.event_id),
    );
    expect(turns.size).toBe(4); // others had their turn in between
    expect(fixture.ingest.memory.used).toBe(0);
  });

  it.each([
    ['nothing in it', { requests: [] }, 'EMPTY_BODY'],
    [
      'too many events',
      { requests: Array.from({ length: 2001 }, () => ({ event_id: 'a' })) },
      'TOO_MANY_EVENTS',
    ],
  ])('is refused with %s', async (_name, request, reason) => {
    const error = await fixture.failure(batch, request);
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(error)['ErrorInfo']).toMatchObject({ reason });
  });

  it('acknowledges nothing when the gate closes in the middle', async () => {
    const requests = Array.from({ length: 2000 }, (_, i) => ({ event_id: `e-${i}`, payload: 'x' }));
    const append = fixture.ingest.acceptor.append.bind(fixture.ingest.acceptor);
    fixture.ingest.acceptor.append = (events) => {
      fixture.ingest.gate = refusal('draining', 'going');
      return append(events);
    };
    const error = await fixture.failure(batch, { requests });
    expect(error).toMatchObject({ code: status.UNAVAILABLE, details: 'going' });
    expect(detailsOf(error)).toHaveProperty('RetryInfo');
    expect(fixture.ingest.observer.counts['grpc refused']).toBe(2000 - fixture.ingest.acceptor.events.length);
    expect(fixture.ingest.memory.used).toBe(0);
  });
});
