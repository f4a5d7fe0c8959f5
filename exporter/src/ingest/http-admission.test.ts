import { connect } from 'node:net';
import { raw, post } from '../../test/helpers/http-post';
import { IngestFixture, type IngestFixtureOptions } from '../../test/helpers/ingest-fixture';
import { until } from '../../test/helpers/grpc-fixture';

const event = (id: string): string => JSON.stringify({ event_id: id, payload: 1 });
const ndjson = { 'content-type': 'application/x-ndjson' };
const head = (length: number | string): string =>
  `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

describe('who is turned away over HTTP', () => {
  let fixture: IngestFixture;
  let port: number;
  const start = async (options: IngestFixtureOptions = {}): Promise<void> => {
    fixture = new IngestFixture(options);
    port = await fixture.listen();
  };
  afterEach(() => fixture.close());

  it('is told so before the body is read, and when to come back', async () => {
    await start();
    fixture.sheds = () => true;
    const reply = await post(port, 'this is not even JSON', {
      headers: { 'content-type': 'text/plain', priority: 'u=7' },
    });
    expect(reply).toMatchObject({ status: 503, json: { code: 'overloaded' } });
    expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(fixture.asked).toEqual(['default low']);
    expect(fixture.observer.sheds).toEqual(['overload']);
    expect(fixture.observer.counts).toEqual({ 'http refused': 1 });
    expect(fixture.answered).toEqual(['POST 503']);
  });

  it('is counted by its events, as far as its length tells of those that came before', async () => {
    await start();
    const batch = (name: string): string =>
      Array.from({ length: 40 }, (_, i) => event(`${name}${String(i).padStart(2, '0')}`)).join('\n');
    expect((await post(port, batch('a'), { headers: ndjson })).status).toBe(202);
    fixture.sheds = () => true;
    expect((await post(port, batch('b'), { headers: ndjson })).status).toBe(503);
    expect((await post(port, event('c'))).status).toBe(503);
    expect(fixture.observer.counts).toEqual({ 'http accepted': 40, 'http refused': 41 });
  });

  it('keeps its connection when the body is small', async () => {
    await start();
    fixture.sheds = () => fixture.asked.length === 1;
    const text = await raw(port, `${head(7)}{"a":1}${head(event('a').length)}${event('a')}`, /"accepted":1/);
    expect(text).toMatch(/^HTTP\/1\.1 503 .*HTTP\/1\.1 202 /s);
    expect(text).not.toMatch(/connection: close/i);
  });

  it('loses it when the body is large or of unknown length', async () => {
    await start();
    fixture.sheds = () => true;
    expect(await raw(port, head(1_000_000), /\}$/)).toMatch(/^HTTP\/1\.1 503 .*connection: close/is);
    const chunked = head(1).replace('Content-Length: 1', 'Transfer-Encoding: chunked');
    expect(await raw(port, chunked, /\}$/)).toMatch(/^HTTP\/1\.1 503 .*connection: close/is);
  });

  it('and by its quota with 429 and RateLimit, which every answer of a tenant with a quota has', async () => {
    await start({ tenants: { default: { eventsPerSecond: 0.01, burstSeconds: 200 } } });
    const first = await post(port, event('a'));
    expect(first.status).toBe(202);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"events";q=2;qu="events";w=200',
      ratelimit: '"events";r=1;t=100',
    });
    expect((await post(port, event('b'))).status).toBe(202);
    const third = await post(port, event('c'));
    expect(third).toMatchObject({ status: 429, json: { code: 'quota_exceeded' } });
    expect(third.headers).toMatchObject({ 'retry-after': '100', ratelimit: '"events";r=0;t=200' });
    expect(fixture.observer.sheds).toEqual(['quota']);
    expect(fixture.observer.counts).toEqual({ 'http accepted': 2, 'http rejected': 1 });
  });

  it('in the middle of a stream, which then tells what was taken', async () => {
    await start({ tenants: { default: { eventsPerSecond: 1, burstSeconds: 700 } } });
    const lines = Array.from({ length: 1_500 }, (_, i) => event(`e${i}`)).join('\n');
    const reply = await post(port, lines, { headers: ndjson });
    expect(reply).toMatchObject({ status: 429, json: { code: 'quota_exceeded' } });
    expect(reply.json.accepted).toBe(fixture.acceptor.events.length);
    expect(reply.json.accepted).toBeGreaterThan(0);
    expect(reply.json.accepted).toBeLessThanOrEqual(700);
  });

  it('and advances with each repetition of a stream that is larger than its burst', async () => {
    await start({ tenants: { default: { eventsPerSecond: 500, burstSeconds: 2 } } });
    const lines = Array.from({ length: 4_000 }, (_, i) => event(`e${i}`)).join('\n');
    let status = 0;
    for (let tries = 0; status !== 202; tries++) {
      expect(tries).toBeLessThan(10);
      const before = fixture.acceptor.events.length;
      const reply = await post(port, lines, { headers: ndjson });
      status = reply.status;
      expect(reply.json).toMatchObject({ duplicates: before });
      expect(fixture.acceptor.events.length).toBeGreaterThan(before);
      fixture.passed += Number(reply.headers['retry-after'] ?? 0) * 1000;
    }
    expect(fixture.acceptor.events).toHaveLength(4_000);
  });

  it('by one connection too many, which is answered and closed', async () => {
    await start({ limits: { connections: 2 } });
    const open = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const reply = await post(port, event('a'));
    expect(reply).toMatchObject({ status: 503, json: { code: 'overloaded' } });
    expect(reply.headers['connection']).toBe('close');
    expect(reply.json.detail).toMatch(/connections/);
    const closed = open.map((socket) => new Promise((resolve) => socket.destroy().once('close', resolve)));
    await Promise.all(closed);
    const connections = (): Promise<number> =>
      new Promise((resolve) => fixture.server.getConnections((_error, count) => resolve(count)));
    while ((await connections()) > 0) await new Promise(setImmediate);
    expect((await post(port, event('a'))).status).toBe(202);
  });
});

describe('a body that stops coming', () => {
  let fixture: IngestFixture;
  afterEach(() => fixture.close());

  it('is ended by its rate, long before the deadline, and its memory is free again', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'performance'] });
    try {
      fixture = new IngestFixture({ limits: { minBytesPerSecond: 1_000 } });
      const port = await fixture.listen();
      let text = '';
      const socket = connect(port, '127.0.0.1');
      socket.on('data', (chunk) => (text += String(chunk)));
      // Much at first, so that the average over all the time would be good for long.
      const start = `${event('a')}\n{"event_id":"b","payload":"${'x'.repeat(50_000)}`;
      socket.write(head(900_000).replace('/json', '/x-ndjson') + start);
      await until(() => fixture.memory.used >= 50_000 && fixture.acceptor.events.length === 1);
      jest.advanceTimersByTime(5_000);
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      expect(text).toBe('');
      jest.advanceTimersByTime(5_000);
      await until(() => text.endsWith('}}'));
      expect(text).toMatch(/^HTTP\/1\.1 408 .*"request_timeout".*fewer than 1000 bytes.*"accepted":1/s);
      socket.destroy();
      await until(() => fixture.memory.used === 0);
    } finally {
      jest.useRealTimers();
    }
  });
});
