import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import type { ApiKey } from '../config/schema';
import { collect, detailsOf, eventBytes, GrpcFixture, until } from '../../test/helpers/grpc-fixture';

const ingest = 'selfcheer.v1.IngestService/Ingest';
const cheer = 'selfcheer.v1.CheerService/GetCheer';
const event = { event_id: 'a', payload: 'x' };

function key(name: string, roles: ApiKey['roles']): ApiKey {
  return {
    name,
    roles,
    sha256: createHash('sha256').update(`${name}-key`).digest('hex'),
    tenant: `${name}-tenant`,
  };
}

describe('credentials', () => {
  let fixture: GrpcFixture;
  beforeAll(async () => {
    fixture = await new GrpcFixture({ apiKeys: [key('shop', ['producer']), key('ops', ['reader'])] }).start();
  });
  afterAll(() => fixture.close());

  it('as Bearer or x-api-key let in, and give the tenant', async () => {
    await fixture.call(
      ingest,
      { ...event, event_id: 'b' },
      { metadata: { authorization: 'Bearer shop-key' } },
    );
    await fixture.call(ingest, { ...event, event_id: 'x' }, { metadata: { 'x-api-key': 'shop-key' } });
    await fixture.call(cheer, {}, { metadata: { 'x-api-key': 'ops-key' } });
    expect(fixture.ingest.acceptor.events.map((one) => [one.id, one.tenant])).toEqual([
      ['b', 'shop-tenant'],
      ['x', 'shop-tenant'],
    ]);
  });

  it.each([
    ['missing', ingest, undefined, status.UNAUTHENTICATED],
    ['wrong', ingest, 'nope', status.UNAUTHENTICATED],
    ["a reader's", ingest, 'ops-key', status.PERMISSION_DENIED],
    ["a producer's", cheer, 'shop-key', status.PERMISSION_DENIED],
  ])('that are %s do not let in to %s', async (_name, path, sent, code) => {
    const stored = fixture.ingest.acceptor.calls.length;
    const metadata = sent === undefined ? undefined : { 'x-api-key': sent };
    const error = await fixture.failure(path, path === ingest ? event : {}, { metadata });
    expect(error.code).toBe(code);
    expect(detailsOf(error)['ErrorInfo']).toMatchObject({ domain: 'selfcheer' });
    expect(fixture.ingest.acceptor.calls).toHaveLength(stored);
    expect(fixture.handled.at(-1)).toBe(`${path} ${status[code]}`);
  });

  it('are asked of streams too, and never of health', async () => {
    const { error } = await collect(fixture.ingestStream());
    expect(error?.code).toBe(status.UNAUTHENTICATED);
    const { error: watching } = await collect(fixture.watch('selfcheer.v1.CheerService/WatchCheer'));
    expect(watching?.code).toBe(status.UNAUTHENTICATED);
    expect(await fixture.call('grpc.health.v1.Health/Check', {})).toEqual({ status: 'NOT_SERVING' });
  });
});

describe('the gate', () => {
  let fixture: GrpcFixture;
  let http2: ClientHttp2Session | undefined;
  const start = async (...options: ConstructorParameters<typeof GrpcFixture>): Promise<void> => {
    fixture = await new GrpcFixture(...options).start();
  };
  /** A call without a gRPC client around it, so that it may be cut, slow or wrong. */
  const bare = (headers: Record<string, string> = {}): ClientHttp2Stream => {
    http2 ??= connect(`http://127.0.0.1:${fixture.port}`);
    const fixed = {
      ':method': 'POST',
      ':path': `/${ingest}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    };
    return http2.request({ ...fixed, ...headers });
  };
  const statusOf = (stream: ClientHttp2Stream): Promise<string> =>
    new Promise((resolve, reject) => {
      const seen = (headers: IncomingHttpHeaders): void => {
        if (headers['grpc-status'] !== undefined) resolve(String(headers['grpc-status']));
      };
      stream.on('response', seen).on('trailers', seen).on('error', reject).resume();
    });
  const frame = (message: Buffer, compressed = 0): Buffer => {
    const head = Buffer.from([compressed, 0, 0, 0, 0]);
    head.writeUInt32BE(message.length, 1);
    return Buffer.concat([head, message]);
  };
  afterEach(async () => {
    http2?.destroy();
    http2 = undefined;
    await fixture.close();
  });

  it('takes the trace context and synthetic traffic from the metadata', async () => {
    await start();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const baggage = 'a=b,selfcheer.synthetic=true';
    await fixture.call(ingest, event, { metadata: { traceparent, tracestate: 'x=1', baggage } });
    await fixture.call(ingest, { ...event, event_id: 'b' }, { metadata: { traceparent: 'nonsense' } });
    const [first, second] = fixture.ingest.acceptor.events;
    expect(first).toMatchObject({ traffic: 'synthetic', trace: { traceparent, tracestate: 'x=1' } });
    expect(second!.traffic).toBe('real');
    expect(second).not.toHaveProperty('trace');
    expect(fixture.ingest.observer.latencies[0]!.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  it('answers INTERNAL when something in it throws', async () => {
    await start();
    Object.assign(fixture.ingest.intake, {
      gate: () => {
        throw new TypeError('secret');
      },
    });
    const error = await fixture.failure(ingest, event);
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).not.toContain('secret');
    expect(fixture.ingest.observer.failures).toHaveLength(1);
  });

  it('gives RetryInfo even where grpc-js refuses a message by its size', async () => {
    await start({ limits: { bodyBytes: 1000 } });
    const error = await fixture.failure(ingest, { event_id: 'a', payload: 'x'.repeat(1000) });
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(error)).toMatchObject({ ErrorInfo: { reason: 'BODY_TOO_LARGE' }, RetryInfo: {} });
    expect(fixture.handled).toEqual([`${ingest} RESOURCE_EXHAUSTED`]);
    await fixture.call(ingest, event);
  });

  it('refuses too large metadata', async () => {
    await start({ limits: { headerBytes: 1000 } });
    const error = await fixture.failure(ingest, event, { metadata: { 'x-large': 'x'.repeat(1000) } });
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(error)['ErrorInfo']).toMatchObject({ reason: 'HEADERS_TOO_LARGE' });
  });

  it('refuses a message for which there is no memory, and gives back what it reserved', async () => {
    await start({ limits: { bufferedBytes: 100 } });
    const { memory } = fixture.ingest;
    expect(memory.tryReserve(90)).toBe(true);
    const error = await fixture.failure(ingest, { event_id: 'a', payload: 'x'.repeat(20) });
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(detailsOf(error)).toMatchObject({ ErrorInfo: { reason: 'BUFFER_FULL' }, RetryInfo: {} });
    expect(fixture.ingest.observer.sheds).toEqual(['bytes']);
    expect(memory.used).toBe(90);
    memory.release(90);
    await fixture.call(ingest, { event_id: 'a', payload: 'x'.repeat(20) });
    expect(memory.used).toBe(0);
  });

  it('answers DEADLINE_EXCEEDED at the deadline of the caller, and still stores', async () => {
    await start();
    let release!: () => void;
    fixture.ingest.acceptor.hold = new Promise((resolve) => (release = resolve));
    const error = await fixture.failure(ingest, event, { deadline: Date.now() + 100 });
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    await until(() => fixture.handled.length > 0);
    expect(['CANCELLED', 'DEADLINE_EXCEEDED']).toContain(fixture.handled[0]!.split(' ')[1]);
    const { memory } = fixture.ingest;
    expect(memory.used).toBeGreaterThan(0); // the outbox still holds the event
    release();
    await until(() => memory.used === 0);
    expect(fixture.ingest.acceptor.events).toHaveLength(1);
    expect(fixture.handled).toHaveLength(1);
  });

  it('releases the memory of a call that breaks off', async () => {
    await start();
    const { memory } = fixture.ingest;
    const stream = bare();
    stream.on('error', () => undefined);
    stream.write(frame(eventBytes(event)));
    await until(() => memory.used > 0);
    stream.destroy();
    await until(() => memory.used === 0);
    expect(fixture.handled).toEqual([`${ingest} CANCELLED`]);
  });

  it('releases the memory of messages that never reach the handler', async () => {
    await start();
    const { memory } = fixture.ingest;
    const stream = bare();
    const answer = statusOf(stream);
    stream.write(frame(eventBytes(event)));
    await until(() => memory.used > 0);
    stream.write(frame(eventBytes(event)));
    expect(await answer).toBe(String(status.UNIMPLEMENTED)); // two messages for a unary call
    await until(() => memory.used === 0);
    expect(fixture.ingest.acceptor.calls).toEqual([]);
  });

  it('reserves a message while it arrives, and refuses it when there is no memory for the rest', async () => {
    await start({ limits: { bufferedBytes: 400_000 } });
    const { memory, large } = fixture.ingest.intake;
    const whole = frame(eventBytes({ event_id: 'a', payload: 'x'.repeat(280_000) }));
    const [first, second] = [bare(), bare()];
    first.write(whole.subarray(0, 200_000));
    await until(() => memory.used === 200_000 - 5 - 65_536);
    expect(large.used).toBe(memory.used);
    const refused = statusOf(second);
    const closed = new Promise((resolve) => second.on('close', resolve));
    second.write(whole.subarray(0, -1));
    expect(await refused).toBe(String(status.RESOURCE_EXHAUSTED));
    await closed; // the caller did not end it
    expect(fixture.ingest.observer.sheds).toEqual(['bytes']);
    expect(memory.used).toBe(200_000 - 5 - 65_536);
    await fixture.call(ingest, { event_id: 'small', payload: 'x' });
    const answer = statusOf(first);
    first.end(whole.subarray(200_000));
    expect(await answer).toBe('0');
    expect([memory.used, large.used]).toEqual([0, 0]);
  });

  it('counts a large answer until the caller has read it, and cuts off who never does', async () => {
    await start({ limits: { requestSeconds: 0.3 } });
    const { memory } = fixture.ingest.intake;
    const events = Buffer.from([10, 0]); // field 1, an empty request
    const stream = bare({ ':path': '/selfcheer.v1.IngestService/IngestBatch' });
    stream.on('error', () => undefined);
    stream.end(frame(Buffer.alloc(2 * 5_000, events)));
    await until(() => memory.used > 65_536 * 4);
    await until(() => memory.used === 0); // unread
    const other = bare({ ':path': '/selfcheer.v1.IngestService/IngestBatch' });
    const answer = statusOf(other);
    other.end(frame(Buffer.alloc(2 * 5_000, events)));
    expect(await answer).toBe('0');
    await until(() => memory.used === 0);
  });

  it.each([true, false])(
    'cuts off who never reads the answers of a stream, ended by the caller: %s',
    async (ended) => {
      await start({ limits: { requestSeconds: 0.3 } });
      const stream = bare({ ':path': '/selfcheer.v1.IngestService/IngestStream' });
      stream.on('error', () => undefined);
      const rejected = frame(eventBytes({ event_id: 'i'.repeat(500) }));
      for (let i = 0; i < 500; i++) stream.write(rejected);
      if (ended) stream.end();
      await until(() => stream.closed);
      expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
      await until(() => fixture.ingest.intake.memory.used === 0);
    },
  );

  it('ends a request that does not arrive', async () => {
    await start({ limits: { requestSeconds: 0.05 } });
    const stream = bare();
    stream.write(frame(eventBytes(event)).subarray(0, 4));
    expect(await statusOf(stream)).toBe(String(status.DEADLINE_EXCEEDED));
    await until(() => stream.closed); // though the caller has not ended it
    expect(fixture.handled).toEqual([`${ingest} DEADLINE_EXCEEDED`]);
  });

  it('gives the outbox the time that it needs', async () => {
    await start({ limits: { requestSeconds: 0.05 } });
    fixture.ingest.acceptor.hold = new Promise((resolve) => setTimeout(resolve, 200));
    expect(await fixture.call(ingest, event)).toMatchObject({ event_id: 'a' });
  });

  it.each([
    ['damaged compression', { 'grpc-encoding': 'gzip' }, frame(Buffer.from('no gzip'), 1)],
    ['a timeout that is none', { 'grpc-timeout': 'soon' }, frame(eventBytes(event))],
  ])('answers INVALID_ARGUMENT to %s, where grpc-js says INTERNAL', async (_name, headers, body) => {
    await start();
    const stream = bare(headers);
    const answer = statusOf(stream);
    stream.end(body);
    expect(await answer).toBe(String(status.INVALID_ARGUMENT));
  });

  it('lets compressed messages through', async () => {
    await start();
    const { gzipSync } = await import('node:zlib');
    const stream = bare({ 'grpc-encoding': 'gzip' });
    const answer = statusOf(stream);
    stream.end(frame(gzipSync(eventBytes(event)), 1));
    expect(await answer).toBe('0');
    expect(fixture.ingest.acceptor.events).toHaveLength(1);
    expect(fixture.ingest.memory.used).toBe(0);
  });

  it('stops a compressed message that grows too large', async () => {
    await start({ limits: { bodyBytes: 10_000 } });
    const { gzipSync } = await import('node:zlib');
    const stream = bare({ 'grpc-encoding': 'gzip' });
    const answer = statusOf(stream);
    stream.end(frame(gzipSync(Buffer.alloc(1_000_000)), 1));
    expect(await answer).toBe(String(status.RESOURCE_EXHAUSTED));
  });
});
