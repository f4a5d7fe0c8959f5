import { connect, type Socket } from 'node:net';
import { status } from '@grpc/grpc-js';
import { collect, detailsOf, eventBytes, GrpcFixture, until } from '../../test/helpers/grpc-fixture';

const ingest = 'selfcheer.v1.IngestService/Ingest';
const event = { event_id: 'a', payload: 'x' };

describe('who is turned away over gRPC', () => {
  let fixture: GrpcFixture;
  const start = async (options: ConstructorParameters<typeof GrpcFixture>[0] = {}): Promise<void> => {
    fixture = await new GrpcFixture(options).start();
  };
  afterEach(() => fixture.close());

  it('is told so with RetryInfo, before its message is read, by the priority of its metadata', async () => {
    await start();
    fixture.ingest.sheds = (_tenant, priority) => priority === 'low';
    const error = await fixture.failure(ingest, event, { metadata: { priority: 'u=6' } });
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(error)).toMatchObject({
      ErrorInfo: { reason: 'OVERLOADED' },
      RetryInfo: { retry_delay: { seconds: expect.stringMatching(/^[1-9]/) } },
    });
    expect(await fixture.call(ingest, event)).toMatchObject({ event_id: 'a' });
    expect(fixture.ingest.asked).toEqual(['default low', 'default normal']);
    expect(fixture.ingest.observer.sheds).toEqual(['overload']);
    expect(fixture.ingest.memory.used).toBe(0);
  });

  it('is counted by its events: a batch by those of the batches that came before', async () => {
    await start();
    const batch = (name: string): Record<string, unknown> => ({
      requests: Array.from({ length: 40 }, (_, i) => ({ ...event, event_id: `${name}${i}` })),
    });
    expect(await fixture.call(`${ingest}Batch`, batch('a'))).toMatchObject({ accepted: 40 });
    fixture.ingest.sheds = () => true;
    await fixture.failure(`${ingest}Batch`, batch('b'));
    await fixture.failure(ingest, event);
    expect(fixture.ingest.observer.counts).toEqual({ 'grpc accepted': 40, 'grpc refused': 41 });
  });

  it('waits for its refusal when many are turned away, and every one gets it', async () => {
    await start();
    fixture.ingest.sheds = () => true;
    const errors = await Promise.all(Array.from({ length: 200 }, () => fixture.failure(ingest, event)));
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set([status.RESOURCE_EXHAUSTED]));
    expect(fixture.handled).toHaveLength(200);
    expect(fixture.ingest.acceptor.events).toEqual([]);
  });

  it('may leave before its refusal', async () => {
    await start();
    fixture.ingest.sheds = () => true;
    const leaving = Array.from({ length: 100 }, () => new AbortController());
    const all = leaving.map(({ signal }) => fixture.failure(ingest, event, { signal }));
    await until(() => fixture.ingest.asked.length === 100);
    for (const one of leaving) one.abort();
    await Promise.all(all);
    fixture.ingest.sheds = () => false;
    expect(await fixture.call(ingest, event)).toMatchObject({ event_id: 'a' });
    expect(fixture.ingest.memory.used).toBe(0);
  });

  it('ends a stream whose quota is used up, after the answers to what was taken', async () => {
    await start({ tenants: { default: { eventsPerSecond: 0.01, burstSeconds: 100 } } });
    const stream = fixture.ingestStream();
    const ended = collect(stream);
    let answered = 0;
    stream.on('data', () => answered++);
    stream.write(eventBytes(event));
    await until(() => answered === 1);
    stream.write(eventBytes({ event_id: 'b', payload: 'x' }));
    const { answers, error } = await ended;
    expect(answers).toHaveLength(1);
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(error!)['ErrorInfo']).toMatchObject({ reason: 'QUOTA_EXCEEDED' });
  });

  it('closes connections beyond the limit, and takes new ones when others have gone', async () => {
    await start({ limits: { connections: 2 } });
    const open = (): Promise<Socket> =>
      new Promise((resolve) => {
        const socket: Socket = connect(fixture.port, '127.0.0.1', () => resolve(socket));
        socket.on('error', () => undefined);
      });
    const held = [await open(), await open()];
    const third = await open();
    await new Promise((resolve) => third.once('close', resolve).resume());
    expect((await fixture.failure(ingest, event)).code).toBe(status.UNAVAILABLE);
    await Promise.all(
      held.map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy())),
    );
    for (;;) {
      const answer = await fixture.call(ingest, event).catch(() => undefined);
      if (answer) break;
    }
    expect(fixture.ingest.acceptor.events).toHaveLength(1);
  });
});
