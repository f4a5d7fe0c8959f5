import { createServer, type AddressInfo } from 'node:net';
import { logVerbosity, setLogVerbosity, status, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  collect,
  detailsOf,
  eventBytes,
  GrpcFixture,
  methodOf,
  type Message,
  until,
} from '../../test/helpers/grpc-fixture';
import { createGrpcServer } from './grpc-server';
import { refusal } from './intake';

const ingest = 'selfcheer.v1.IngestService/Ingest';
const batch = 'selfcheer.v1.IngestService/IngestBatch';
const check = 'grpc.health.v1.Health/Check';

describe('the gRPC server', () => {
  let fixture: GrpcFixture;
  afterEach(() => fixture.close());

  it('says with a sentence that it can not listen', async () => {
    fixture = await new GrpcFixture().start();
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    const second = createGrpcServer({
      intake: fixture.ingest.intake,
      authenticator: { authenticate: () => 'missing' },
      cheer: { current: () => fixture.verdict, subscribe: () => () => undefined },
      limits: fixture.ingest.limits,
      address: `127.0.0.1:${port}`,
      reflection: false,
      observer: { grpcHandled: () => undefined },
    });
    setLogVerbosity(logVerbosity.NONE);
    await expect(second.listen()).rejects.toMatchObject({ code: 'address_unusable' });
    setLogVerbosity(logVerbosity.ERROR);
    await new Promise((resolve) => blocker.close(resolve));
  });

  it('answers health by readiness, for the server and each service', async () => {
    fixture = await new GrpcFixture().start();
    const names = ['', 'selfcheer.v1.IngestService', 'selfcheer.v1.CheerService'];
    for (const service of names)
      expect(await fixture.call(check, { service })).toEqual({ status: 'NOT_SERVING' });
    const watched: Message[] = [];
    const watch = fixture.watch('grpc.health.v1.Health/Watch', { service: '' });
    watch.on('data', (answer: Message) => watched.push(answer)).on('error', () => undefined);
    await until(() => watched.length === 1);
    fixture.server.setReady(true);
    await until(() => watched.length === 2);
    fixture.server.setReady(false);
    await until(() => watched.length === 3);
    fixture.server.setReady(true);
    expect(watched.slice(0, 3)).toEqual([
      { status: 'NOT_SERVING' },
      { status: 'SERVING' },
      { status: 'NOT_SERVING' },
    ]);
    for (const service of names)
      expect(await fixture.call(check, { service })).toEqual({ status: 'SERVING' });
    const error = await fixture.failure(check, { service: 'unknown' });
    expect(error.code).toBe(status.NOT_FOUND);
    expect(fixture.handled.filter((one) => one === `${check} OK`)).toHaveLength(6);
  });

  describe('reflection', () => {
    const reflect = (request: Message): Promise<Message> => {
      const proto = loadSync('grpc/reflection/v1/reflection.proto', {
        includeDirs: [join(require.resolve('@grpc/reflection'), '../../proto')],
      });
      const service = proto['grpc.reflection.v1.ServerReflection'] as unknown as Record<string, unknown>;
      const { path, requestSerialize, responseDeserialize } = service['ServerReflectionInfo'] as ReturnType<
        typeof methodOf
      >;
      return new Promise((resolve, reject) => {
        const call = fixture.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
        call.on('data', resolve).on('error', reject);
        call.end(request);
      });
    };

    it('lists the services and their files', async () => {
      fixture = await new GrpcFixture().start();
      const { listServicesResponse } = await reflect({ listServices: '*' });
      expect(listServicesResponse).toEqual({
        service: ['selfcheer.v1.IngestService', 'selfcheer.v1.CheerService', 'grpc.health.v1.Health'].map(
          (name) => ({ name }),
        ),
      });
      for (const fileContainingSymbol of ['selfcheer.v1.IngestService', 'google.rpc.BadRequest']) {
        const answer = await reflect({ fileContainingSymbol });
        expect(answer).toHaveProperty('fileDescriptorResponse.fileDescriptorProto.0');
      }
    });

    it('is off when told so', async () => {
      fixture = await new GrpcFixture({ reflection: false }).start();
      await expect(reflect({ listServices: '*' })).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    });
  });

  describe('under malformed messages', () => {
    const tally = (): Map<number, number> => new Map();
    /** Random bytes, and good messages with a few bytes changed, cut or put in. */
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(
          fc.record({
            event_id: fc.string({ minLength: 1 }),
            payload: fc.string(),
            timestamp: fc.maxSafeInteger(),
          }),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          fc.nat(),
        )
        .map(([event, edits, cut]) => {
          const bytes = eventBytes(event);
          for (const [at, value] of edits) bytes[at % bytes.length] = value;
          return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
        }),
    );

    it('lives, and answers OK or INVALID_ARGUMENT', async () => {
      fixture = await new GrpcFixture().start();
      const codes = tally();
      const messages = fc.sample(damaged, 3000);
      const paths = [ingest, batch, 'selfcheer.v1.CheerService/GetCheer'];
      for (let first = 0; first < messages.length; first += 100) {
        const calls = messages.slice(first, first + 100).map(async (message, i) => {
          const code = await fixture.raw(paths[i % 3]!, message).then(
            () => status.OK,
            (error: ServiceError) => error.code,
          );
          codes.set(code, (codes.get(code) ?? 0) + 1);
        });
        await Promise.all(calls);
      }
      expect([...codes.keys()].sort()).toEqual([status.OK, status.INVALID_ARGUMENT]);
      expect(codes.get(status.INVALID_ARGUMENT)).toBeGreaterThan(500);
      expect(fixture.ingest.observer.failures).toEqual([]);
      expect(fixture.ingest.memory.used).toBe(0);
    }, 30_000);

    it('answers each of them in a stream, which lives on', async () => {
      fixture = await new GrpcFixture().start();
      const stream = fixture.ingestStream();
      const done = collect(stream);
      const messages = fc.sample(damaged, 3000);
      for (const message of messages) stream.write(message);
      stream.end(eventBytes({ event_id: 'last', payload: 'x' }));
      const { answers, error } = await done;
      expect(error).toBeUndefined();
      expect(answers).toHaveLength(messages.length + 1);
      expect(answers.at(-1)).toMatchObject({ event_id: 'last', status: 'EVENT_STATUS_ACCEPTED' });
      expect(fixture.ingest.observer.failures).toEqual([]);
      expect(fixture.ingest.memory.used).toBe(0);
    }, 30_000);
  });

  describe('drains', () => {
    let release!: () => void;
    beforeEach(async () => {
      fixture = await new GrpcFixture().start();
      fixture.server.setReady(true);
      fixture.ingest.acceptor.hold = new Promise((resolve) => (release = resolve));
    });
    const drain = (deadlineMs: number): Promise<void> => {
      fixture.ingest.gate = refusal('draining', 'the service is shutting down');
      return fixture.server.drain(deadlineMs);
    };

    it('by finishing the calls that run, and by ending streams with UNAVAILABLE', async () => {
      const call = fixture.call(ingest, { event_id: 'unary', payload: 'x' });
      const stream = fixture.ingestStream();
      const streamed = collect(stream);
      stream.write(eventBytes({ event_id: 'streamed', payload: 'x' }));
      const watched = collect(fixture.watch('grpc.health.v1.Health/Watch', { service: '' }));
      await until(() => fixture.ingest.acceptor.events.length === 2);
      expect(await fixture.call(check, {})).toEqual({ status: 'SERVING' }); // and so the watch has begun
      let finished = false;
      const drained = drain(10_000).then(() => (finished = true));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(finished).toBe(false);
      release();
      expect(await call).toMatchObject({ event_id: 'unary' });
      const { answers, error } = await streamed;
      expect(answers).toMatchObject([{ event_id: 'streamed' }]);
      expect(error?.code).toBe(status.UNAVAILABLE);
      expect(detailsOf(error!)).toMatchObject({ ErrorInfo: { reason: 'DRAINING' }, RetryInfo: {} });
      await drained;
      const health = await watched;
      expect(health.error).toBeUndefined();
      expect(health.answers.at(-1)).toEqual({ status: 'NOT_SERVING' });
      await expect(fixture.call(ingest, { event_id: 'late', payload: 'x' })).rejects.toMatchObject({
        code: status.UNAVAILABLE,
      });
      expect(fixture.ingest.memory.used).toBe(0);
    });

    it('and cuts what is left at the deadline', async () => {
      const call = fixture.failure(ingest, { event_id: 'stuck', payload: 'x' });
      await until(() => fixture.ingest.acceptor.events.length === 1);
      await drain(50);
      expect([status.UNAVAILABLE, status.CANCELLED]).toContain((await call).code);
      release();
      await until(() => fixture.ingest.memory.used === 0);
    });

    it('an idle server at once, and twice like once', async () => {
      release();
      await fixture.call(ingest, { event_id: 'a', payload: 'x' });
      const first = drain(60_000);
      expect(fixture.server.drain(1)).toBe(first);
      await first;
    });
  });
});
