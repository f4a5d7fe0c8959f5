import { status } from '@grpc/grpc-js';
import { SelfcheerError } from '../errors';
import { collect, detailsOf, eventBytes, GrpcFixture, until } from '../../test/helpers/grpc-fixture';
import type { AppendOutcome } from '../event';
import { refusal } from './intake';

/** A promise that the test settles. */
function gateway(): { promise: Promise<void>; open: () => void } {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

describe('IngestStream', () => {
  let fixture: GrpcFixture;
  const start = async (...options: ConstructorParameters<typeof GrpcFixture>): Promise<void> => {
    fixture = await new GrpcFixture(...options).start();
  };
  afterEach(() => fixture.close());

  it('answers every event in order, in groups, with the cheer at the end of each', async () => {
    await start();
    const stream = fixture.ingestStream();
    const done = collect(stream);
    for (let i = 0; i < 3000; i++) stream.write(eventBytes({ event_id: `e-${i}`, payload: 'x' }));
    stream.end();
    const { answers, error } = await done;
    expect(error).toBeUndefined();
    expect(answers.map((answer) => answer['event_id'])).toEqual(
      Array.from({ length: 3000 }, (_, i) => `e-${i}`),
    );
    expect(fixture.ingest.acceptor.events.map((event) => event.id)).toEqual(
      answers.map((a) => a['event_id']),
    );
    const groups = fixture.ingest.acceptor.calls.length;
    expect(fixture.ingest.observer.latencies).toHaveLength(groups);
    expect(answers.filter((answer) => answer['cheer'])).toHaveLength(groups);
    expect(answers.at(-1)).toHaveProperty('cheer.state', 'CHEER_STATE_GREEN');
    expect(fixture.ingest.memory.used).toBe(0);
    expect(fixture.handled).toEqual(['selfcheer.v1.IngestService/IngestStream OK']);
  });

  it('answers a bad event and goes on with its neighbours', async () => {
    await start();
    fixture.ingest.acceptor.rejectConflicts = true;
    const stream = fixture.ingestStream();
    const done = collect(stream);
    stream.write(eventBytes({ event_id: 'a', payload: 'x' }));
    stream.write(eventBytes({ event_id: 'b' }));
    stream.write(Buffer.from([0x0a, 0x05, 0x61]));
    stream.write(eventBytes({ event_id: 'a', payload: 'y' }));
    stream.end(eventBytes({ event_id: 'a', payload: 'x' }));
    const { answers, error } = await done;
    expect(error).toBeUndefined();
    expect(answers).toMatchObject([
      { event_id: 'a', status: 'EVENT_STATUS_ACCEPTED', revision: 1 },
      { event_id: 'b', status: 'EVENT_STATUS_REJECTED', error: { code: 'missing_payload', index: 1 } },
      { event_id: '', status: 'EVENT_STATUS_REJECTED', error: { code: 'malformed_message', index: 2 } },
      { event_id: 'a', status: 'EVENT_STATUS_REJECTED', error: { code: 'id_conflict', index: 3 } },
      { event_id: 'a', status: 'EVENT_STATUS_DUPLICATE', duplicate: true },
    ]);
    expect(fixture.ingest.observer.counts).toEqual({
      'grpc accepted': 1,
      'grpc duplicate': 1,
      'grpc rejected': 3,
    });
  });

  it('makes large groups of small messages while the outbox is busy', async () => {
    await start();
    const slow = gateway();
    const { acceptor, memory } = fixture.ingest;
    acceptor.hold = slow.promise;
    const stream = fixture.ingestStream();
    const done = collect(stream);
    const bytes = eventBytes({ event_id: 'a', payload: 'x' });
    for (let i = 0; i < 401; i++) stream.write(bytes);
    await until(() => memory.used === 401 * bytes.length);
    slow.open();
    stream.end();
    expect((await done).answers).toHaveLength(401);
    expect(acceptor.calls).toHaveLength(2);
  });

  it('answers one event without waiting for a second', async () => {
    await start();
    const stream = fixture.ingestStream();
    const first = new Promise((resolve) => stream.once('data', resolve));
    stream.write(eventBytes({ event_id: 'a', payload: 'x' }));
    expect(await first).toMatchObject({ event_id: 'a' });
    stream.end();
    await collect(stream);
  });

  it('answers groups as they become durable', async () => {
    await start();
    const slow = gateway();
    const { acceptor } = fixture.ingest;
    const append = acceptor.append.bind(acceptor);
    acceptor.append = async (events): Promise<AppendOutcome[]> => {
      const outcomes = await append(events);
      if (events[0]!.id === 'first') await slow.promise;
      return outcomes;
    };
    const stream = fixture.ingestStream();
    const done = collect(stream);
    stream.write(eventBytes({ event_id: 'first', payload: 'x' }));
    await until(() => acceptor.calls.length === 1);
    for (let i = 0; i < 501; i++) stream.write(eventBytes({ event_id: `e-${i}`, payload: 'x' }));
    await until(() => acceptor.calls.length === 2); // a full group does not wait for the one before it
    slow.open();
    stream.end();
    const ids = (await done).answers.map((answer) => answer['event_id']);
    expect(ids).toHaveLength(502);
    expect(ids.indexOf('first')).toBe(500);
    expect(acceptor.calls).toEqual([1, 500, 1]);
  });

  it('stops reading while the outbox does not keep up', async () => {
    await start();
    const slow = gateway();
    const { acceptor, memory } = fixture.ingest;
    acceptor.hold = slow.promise;
    const stream = fixture.ingestStream();
    const done = collect(stream);
    const payload = 'x'.repeat(100_000);
    for (let i = 0; i < 200; i++) stream.write(eventBytes({ event_id: `e-${i}`, payload }));
    stream.end();
    await until(() => acceptor.calls.length === 4);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(acceptor.calls.length).toBe(4);
    expect(memory.used).toBeLessThan(8_000_000); // of 20 MB that were sent
    slow.open();
    const { answers } = await done;
    expect(answers).toHaveLength(200);
    expect(memory.used).toBe(0);
  });

  it('reads on when the outbox has written, though nothing of its own is settled', async () => {
    await start();
    const { acceptor } = fixture.ingest;
    const slow = gateway();
    acceptor.hold = slow.promise;
    const stream = fixture.ingestStream();
    const done = collect(stream);
    acceptor.unwritten.events = 10_000;
    stream.write(eventBytes({ event_id: 'first', payload: 'x' }));
    await until(() => acceptor.calls.length === 1);
    const payload = 'x'.repeat(100_000);
    for (let i = 0; i < 20; i++) stream.write(eventBytes({ event_id: `e-${i}`, payload }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(acceptor.calls).toHaveLength(1);
    acceptor.unwritten.events = 0;
    await until(() => acceptor.calls.length > 1);
    slow.open();
    stream.end();
    expect((await done).answers).toHaveLength(21);
  });

  it('waits for memory and goes on when there is some', async () => {
    await start({ limits: { bufferedBytes: 1000 } });
    const { acceptor, memory } = fixture.ingest;
    expect(memory.tryReserve(1000)).toBe(true);
    const stream = fixture.ingestStream();
    const done = collect(stream);
    for (let i = 0; i < 20; i++) stream.write(eventBytes({ event_id: `e-${i}`, payload: 'x'.repeat(300) }));
    stream.end();
    await until(() => memory.waiting === 1);
    expect(acceptor.calls).toEqual([]);
    memory.release(1000);
    const { answers, error } = await done;
    expect(error).toBeUndefined();
    expect(answers.map((answer) => answer['event_id'])).toEqual(
      Array.from({ length: 20 }, (_, i) => `e-${i}`),
    );
    expect(memory.used).toBe(0);
  });

  it('ends with RESOURCE_EXHAUSTED when there is no memory for long', async () => {
    await start({ limits: { bufferedBytes: 1000, requestSeconds: 0.05 } });
    fixture.ingest.memory.tryReserve(1000);
    const stream = fixture.ingestStream();
    const done = collect(stream);
    stream.write(eventBytes({ event_id: 'a', payload: 'x' }));
    const { error } = await done;
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(error!)).toMatchObject({ ErrorInfo: { reason: 'BUFFER_FULL' }, RetryInfo: {} });
    expect(fixture.ingest.memory).toMatchObject({ used: 1000, waiting: 0 });
  });

  it('leaves nothing behind when the client goes away while it waits for memory', async () => {
    await start({ limits: { bufferedBytes: 1000 } });
    const { memory } = fixture.ingest;
    memory.tryReserve(1000);
    const stream = fixture.ingestStream();
    const done = collect(stream);
    stream.write(eventBytes({ event_id: 'a', payload: 'x' }));
    await until(() => memory.waiting === 1);
    stream.cancel();
    await done;
    await until(() => memory.waiting === 0);
    expect(memory.used).toBe(1000);
    expect(fixture.handled).toEqual(['selfcheer.v1.IngestService/IngestStream CANCELLED']);
    expect(fixture.ingest.observer.sheds).toEqual([]);
  });

  it('stops reading while the client does not read its answers', async () => {
    await start();
    const stream = fixture.ingestStream();
    stream.once('data', () => stream.pause()); // before its first read the client of grpc-js holds nothing back
    stream.on('error', () => undefined);
    const events = 60_000;
    let sent = 0;
    const write = (): void => {
      while (
        sent < events &&
        stream.write(eventBytes({ event_id: `${'i'.repeat(400)}-${sent}`, payload: 'x' }))
      )
        sent++;
    };
    stream.on('drain', write);
    write();
    let before = -1;
    // until nothing moves any more
    while (before !== fixture.ingest.acceptor.events.length) {
      before = fixture.ingest.acceptor.events.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(events / 2);
    stream.resume();
    await until(() => fixture.ingest.acceptor.events.length > before + 1000, 10_000);
    stream.cancel();
    await until(() => fixture.ingest.memory.used === 0);
  }, 20_000);

  it('answers what was stored, then ends with the refusal', async () => {
    await start();
    const slow = gateway();
    const { acceptor, memory } = fixture.ingest;
    acceptor.hold = slow.promise;
    const stream = fixture.ingestStream();
    const done = collect(stream);
    stream.write(eventBytes({ event_id: 'stored', payload: 'x' }));
    await until(() => acceptor.calls.length === 1);
    fixture.ingest.gate = refusal('store_full', 'full');
    stream.write(eventBytes({ event_id: 'refused', payload: 'x' }));
    await until(() => memory.used === eventBytes({ event_id: 'storedrefused', payload: 'xx' }).length + 4);
    slow.open();
    const { answers, error } = await done;
    expect(answers).toMatchObject([{ event_id: 'stored' }]);
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: 'full' });
    expect(detailsOf(error!)).toHaveProperty('RetryInfo');
    await until(() => memory.used === 0);
  });

  it('ends with UNAVAILABLE when the outbox fails', async () => {
    await start();
    fixture.ingest.acceptor.failure = new SelfcheerError('store_fenced', 'fenced', { retriable: true });
    const stream = fixture.ingestStream();
    const done = collect(stream);
    stream.write(eventBytes({ event_id: 'a', payload: 'x' }));
    const { answers, error } = await done;
    expect(answers).toEqual([]);
    expect(error).toMatchObject({ code: status.UNAVAILABLE, details: 'fenced' });
    await until(() => fixture.ingest.memory.used === 0);
  });
});
