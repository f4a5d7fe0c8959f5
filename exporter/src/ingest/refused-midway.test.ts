import { collect, eventBytes, GrpcFixture } from '../../test/helpers/grpc-fixture';
import { post } from '../../test/helpers/http-post';
import { IngestFixture, type FakeAcceptor } from '../../test/helpers/ingest-fixture';
import { SelfcheerError } from '../errors';

/** More than two groups of events, whatever the transport calls a group. */
const events = 1_300;
const ids = Array.from({ length: events }, (_, n) => `e-${n}`);
const cloudEvent = (id: string): object => ({ specversion: '1.0', id, source: '/s', type: 't', data: 1 });
const plain = ids.map((id) => ({ event_id: id, payload: 1 }));

/** The first group is taken, the second refused as a full outbox does it, and there is room for all that follow. */
function refuseTheSecond(acceptor: FakeAcceptor): void {
  const append = acceptor.append.bind(acceptor);
  let calls = 0;
  acceptor.append = (given) =>
    ++calls === 2
      ? Promise.reject(new SelfcheerError('store_full', 'full for a moment', { retriable: true }))
      : append(given);
}

/** What is stored is the beginning of what was sent, and not all of it. */
function expectABeginning(acceptor: FakeAcceptor): number {
  const stored = acceptor.events.map(({ id }) => id);
  expect(stored.length).toBeGreaterThan(0);
  expect(stored.length).toBeLessThan(events);
  expect(stored).toEqual(ids.slice(0, stored.length));
  return stored.length;
}

describe('a request of which a part is refused', () => {
  it.each([
    ['application/json', JSON.stringify(plain)],
    ['application/x-ndjson', plain.map((one) => JSON.stringify(one)).join('\n')],
    ['application/cloudevents-batch+json', JSON.stringify(ids.map(cloudEvent))],
  ])('as %s: nothing behind it is taken, and the answer says so', async (type, body) => {
    const fixture = new IngestFixture();
    try {
      const port = await fixture.listen();
      refuseTheSecond(fixture.acceptor);
      const headers = { 'content-type': type };
      const reply = await post(port, body, { headers });
      expect(reply).toMatchObject({ status: 503, json: { code: 'store_full' } });
      const taken = expectABeginning(fixture.acceptor);
      expect(reply.json.accepted).toBe(taken);
      expect(reply.json.results.map(({ event_id }) => event_id)).toEqual(ids.slice(0, taken));
      expect(fixture.observer.counts['http accepted']).toBe(taken);

      expect((await post(port, body, { headers })).json).toMatchObject({
        accepted: events - taken,
        duplicates: taken,
      });
      expect(fixture.acceptor.events.map(({ id }) => id)).toEqual(ids);
      expect(fixture.memory.used).toBe(0);
    } finally {
      await fixture.close();
    }
  });

  it('as a gRPC batch: nothing behind it is taken', async () => {
    const fixture = await new GrpcFixture().start();
    try {
      const { acceptor, memory } = fixture.ingest;
      refuseTheSecond(acceptor);
      const method = 'selfcheer.v1.IngestService/IngestBatch';
      const failure = await fixture.failure(method, {
        requests: plain.map((one) => ({ ...one, payload: '1' })),
      });
      expect(failure.details).toBe('full for a moment');
      expectABeginning(acceptor);
      expect(memory.used).toBe(0);
    } finally {
      await fixture.close();
    }
  });

  it('as a gRPC stream: nothing behind it is taken, and the stream ends with the refusal', async () => {
    const fixture = await new GrpcFixture().start();
    try {
      const { acceptor } = fixture.ingest;
      refuseTheSecond(acceptor);
      const stream = fixture.ingestStream();
      const done = collect(stream);
      for (const id of ids) stream.write(eventBytes({ event_id: id, payload: '1' }));
      const { answers, error } = await done;
      expect(error?.details).toBe('full for a moment');
      const taken = expectABeginning(acceptor);
      expect(answers.map((answer) => answer['event_id'])).toEqual(ids.slice(0, taken));
    } finally {
      await fixture.close();
    }
  });
});

describe('a request that goes beyond a quota', () => {
  it('has nothing taken behind the group that did, however small it is', async () => {
    const fixture = new IngestFixture({
      tenants: { default: { eventsPerSecond: 0.001, burstSeconds: 700_000 } },
    });
    try {
      const port = await fixture.listen();
      const headers = { 'content-type': 'application/x-ndjson' };
      // 700 at once: the first group fits, the second does not, and the rest of 20 would.
      const lines = plain.slice(0, 1_020).map((one) => JSON.stringify(one));
      const reply = await post(port, lines.join('\n'), { headers });
      expect(reply).toMatchObject({ status: 429, json: { code: 'quota_exceeded', accepted: 500 } });
      expect(fixture.acceptor.events).toHaveLength(500);
    } finally {
      await fixture.close();
    }
  });
});
