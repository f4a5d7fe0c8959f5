import { gzipSync, deflateSync, brotliCompressSync } from 'node:zlib';
import { hash } from 'node:crypto';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { post, raw } from '../../test/helpers/http-post';
import { SelfcheerError } from '../errors';
import { refusal } from './intake';

const ndjson = { 'content-type': 'application/x-ndjson' };
const json = { 'content-type': 'application/json' };
const event = (id: string, payload: unknown = { id }): string => JSON.stringify({ event_id: id, payload });

describe('POST /v1/events', () => {
  let fixture: IngestFixture;
  let port: number;
  const start = async (options: ConstructorParameters<typeof IngestFixture>[0] = {}): Promise<void> => {
    fixture = new IngestFixture(options);
    port = await fixture.listen();
  };
  const ids = (): string[] => fixture.acceptor.events.map(({ id }) => id);

  afterEach(async () => {
    await fixture.close();
    expect(fixture.memory.used).toBe(0); // whatever happened, nothing stays reserved
  });

  it('acknowledges one event', async () => {
    await start();
    const reply = await post(port, '{"event_id":"a","payload": {"n" : 1.0} }');
    expect(reply.status).toBe(202);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.json).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: 0,
      results: [{ event_id: 'a', status: 'accepted', revision: 1 }],
      cheer: { state: 'green', score: 97 },
    });
    expect(fixture.acceptor.events[0]?.payload.toString()).toBe('{"n" : 1.0}');
    expect(fixture.observer.counts).toEqual({ 'http accepted': 1 });
    expect(fixture.answered).toEqual(['POST 202']);
  });

  it('answers an array item by item, in order, good ones accepted beside bad ones', async () => {
    await start();
    const items = [
      event('a'),
      '7',
      '{"event_id":"b"}',
      event('a'),
      event('a', 2),
      '{"event_id":"c","payload":1,"__proto__":{}}',
      event('d'),
    ];
    const reply = await post(port, `[${items.join(' , ')}]`);
    expect(reply.status).toBe(207);
    expect(reply.json).toMatchObject({ accepted: 3, duplicates: 1, rejected: 3 });
    expect(reply.json.results).toMatchObject([
      { event_id: 'a', status: 'accepted', revision: 1 },
      { event_id: null, status: 'rejected', error: { code: 'not_an_object', index: 1 } },
      { event_id: 'b', status: 'rejected', error: { code: 'missing_payload', index: 2, field: 'payload' } },
      { event_id: 'a', status: 'duplicate', revision: 1 },
      { event_id: 'a', status: 'updated', revision: 2 },
      { event_id: 'c', status: 'rejected', error: { code: 'forbidden_member', index: 5 } },
      { event_id: 'd', status: 'accepted' },
    ]);
    expect(ids()).toEqual(['a', 'a', 'd']);
    expect(fixture.observer.counts).toEqual({
      'http accepted': 2,
      'http updated': 1,
      'http duplicate': 1,
      'http rejected': 3,
    });
  });

  it('rejects an empty array like any other body without an event', async () => {
    await start();
    expect(await post(port, ' [ ] ')).toMatchObject({ status: 400, json: { code: 'empty_body' } });
  });

  it('refuses a foreign Host where only this machine may call: a rebound name is a page elsewhere', async () => {
    await start({ loopbackOnly: true });
    const event = '{"event_id":"a","payload":1}';
    const from = (host: string): ReturnType<typeof post> =>
      post(port, event, { headers: { 'content-type': 'application/json', host } });
    expect(await from('evil.example:8080')).toMatchObject({
      status: 421,
      json: { code: 'host_not_loopback' },
    });
    expect(ids()).toEqual([]);
    expect(await from('localhost:8080')).toMatchObject({ status: 202 });
    expect(ids()).toEqual(['a']);
  });

  it('streams NDJSON: CRLF, blank lines, a byte order mark and a last line without an end', async () => {
    await start();
    const body = `\ufeff${event('a')}\r\n\r\n \t\n{"event_id":"x"}\r\n${event('b')}\n\n${event('c')}`;
    const reply = await post(port, body, { headers: ndjson });
    expect(reply.status).toBe(207);
    expect(reply.json.results).toMatchObject([
      { event_id: 'a', status: 'accepted' },
      { event_id: 'x', status: 'rejected', error: { code: 'missing_payload', line: 4 } },
      { event_id: 'b', status: 'accepted' },
      { event_id: 'c', status: 'accepted' },
    ]);
  });

  it('reads the same events wherever the stream is cut', async () => {
    await start();
    const body = Buffer.from(`${event('ä😀')}\r\n{"event_id":"b"\r\n${event('漢', 'é')}\n`);
    for (let cut = 1; cut < body.length; cut++) {
      const reply = await post(port, [body.subarray(0, cut), body.subarray(cut)], { headers: ndjson });
      expect(reply.json).toMatchObject({ rejected: 1 });
      expect(reply.json.results.map((one) => one.event_id)).toEqual(['ä😀', 'b', '漢']);
    }
    const single = [...body].map((byte) => Buffer.from([byte]));
    expect((await post(port, single, { headers: ndjson })).json).toMatchObject({
      duplicates: 2,
      rejected: 1,
    });
    expect(ids()).toEqual(['ä😀', '漢']);
  });

  it('takes a long stream in bounded groups and answers every line in order', async () => {
    await start();
    const count = 5_000;
    const lines = Array.from({ length: count }, (_, i) =>
      i % 1000 === 7 ? '{"event_id":' : event(`e${i}`, 'x'.repeat(50)),
    );
    const reply = await post(port, lines.join('\n'), { headers: ndjson });
    expect(reply.json).toMatchObject({ accepted: count - 5, rejected: 5 });
    expect(reply.json.results).toHaveLength(count);
    expect(reply.json.results[1007]?.error).toMatchObject({ code: 'malformed_json', line: 1008 });
    expect(reply.json.results[4321]?.event_id).toBe('e4321');
    expect(Math.max(...fixture.acceptor.calls)).toBeLessThanOrEqual(500);
    expect(ids()).toEqual(lines.flatMap((_, i) => (i % 1000 === 7 ? [] : [`e${i}`])));
  });

  it('pauses a stream while memory is exhausted and takes all of it nevertheless', async () => {
    await start({ limits: { bufferedBytes: 70_000 } });
    const lines = Array.from({ length: 3_000 }, (_, i) => event(`e${i}`, 'x'.repeat(200)));
    const headers = { ...ndjson, prefer: 'return=minimal' };
    const streams = [0, 1, 2].map((n) => {
      const body = lines.map((line) => line.replace(':"e', `:"${n}-e`)).join('\n');
      return post(port, body, { headers });
    });
    for (const reply of await Promise.all(streams))
      expect(reply.json).toMatchObject({ accepted: 3_000, rejected: 0 });
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('reads a %s body', async (encoding, compress) => {
    await start();
    const headers = { ...ndjson, 'content-encoding': encoding };
    const reply = await post(port, compress(Buffer.from(`${event('a')}\n${event('b')}\n`)), { headers });
    expect(reply).toMatchObject({ status: 202, json: { accepted: 2 } });
  });

  it('leaves only what was rejected in the results when asked to', async () => {
    await start();
    const reply = await post(port, `[${event('a')},{},${event('b')}]`, {
      headers: { ...json, prefer: 'wait=5, return=minimal' },
    });
    expect(reply.headers['preference-applied']).toBe('return=minimal');
    expect(reply.json).toMatchObject({
      accepted: 2,
      rejected: 1,
      results: [{ event_id: null, error: { index: 1 } }],
    });
    const good = await post(port, event('c'), { headers: { ...json, prefer: 'return=minimal' } });
    expect(good.json.results).toEqual([]);
  });

  it('carries trace context and tells synthetic traffic apart', async () => {
    await start();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await post(port, event('a'), {
      headers: { ...json, traceparent, tracestate: 'x=1', baggage: 'k=v, selfcheer.synthetic=true;p' },
    });
    await post(port, event('b'), {
      headers: { ...json, traceparent: '00-nonsense', baggage: 'selfcheer.synthetic=false' },
    });
    expect(fixture.acceptor.events).toMatchObject([
      { trace: { traceparent, tracestate: 'x=1' }, traffic: 'synthetic' },
      { id: 'b', traffic: 'real' },
    ]);
    expect(fixture.acceptor.events[1]).not.toHaveProperty('trace');
    expect(fixture.observer.latencies[0]?.traceId).toBe('a'.repeat(32));
  });

  it('echoes a request id that is safe and makes one otherwise', async () => {
    await start();
    const sent = await post(port, event('a'), { headers: { ...json, 'x-request-id': 'job-7/3' } });
    expect(sent.headers['x-request-id']).toBe('job-7/3');
    const unsafe = await post(port, '{', { headers: { ...json, 'x-request-id': 'a b"' } });
    expect(unsafe.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(unsafe.json.request_id).toBe(unsafe.headers['x-request-id']);
  });

  it('asks for a key, knows it in both headers, and wants the role producer', async () => {
    const sha256 = (key: string): string => hash('sha256', key, 'hex');
    await start({
      apiKeys: [
        { name: 'web', sha256: sha256('k1'), roles: ['producer'], tenant: 'acme' },
        { name: 'eyes', sha256: sha256('k2'), roles: ['reader'], tenant: 'acme' },
      ],
    });
    const missing = await post(port, event('a'));
    expect(missing).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    expect(missing.headers['www-authenticate']).toBe('Bearer realm="selfcheer"');
    expect(await post(port, event('a'), { headers: { ...json, authorization: 'Bearer k3' } })).toMatchObject({
      status: 401,
    });
    expect(await post(port, event('a'), { headers: { ...json, 'x-api-key': 'k2' } })).toMatchObject({
      status: 403,
      json: { code: 'forbidden' },
    });
    expect(fixture.acceptor.events).toEqual([]);
    expect(await post(port, event('a'), { headers: { ...json, 'x-api-key': 'k1' } })).toMatchObject({
      status: 202,
    });
    expect(await post(port, event('b'), { headers: { ...json, authorization: 'Bearer k1' } })).toMatchObject({
      status: 202,
    });
    expect(fixture.acceptor.events.map(({ tenant }) => tenant)).toEqual(['acme', 'acme']);
  });

  it('refuses while the gate is closed and says when to come back', async () => {
    await start();
    fixture.gate = { ...refusal('draining', 'on its way out'), retryAfterSeconds: 7 };
    const reply = await post(port, event('a'));
    expect(reply).toMatchObject({ status: 503, json: { code: 'draining', detail: 'on its way out' } });
    expect(reply.headers).toMatchObject({ 'retry-after': '7', ratelimit: '"draining";r=0;t=7' });
    fixture.gate = refusal('quota_exceeded', 'used up');
    expect(await post(port, event('a'))).toMatchObject({ status: 429, json: { code: 'quota_exceeded' } });
    // Whose own quota is used up is rejected: that is no fault of the service.
    expect(fixture.observer.counts).toEqual({ 'http refused': 1, 'http rejected': 1 });
    expect(fixture.observer.sheds).toEqual(['draining', 'quota']);
  });

  it('reports what is durable when the store refuses in the middle of a stream', async () => {
    await start();
    const append = fixture.acceptor.append.bind(fixture.acceptor);
    const failure = new SelfcheerError('store_full', 'no room', { retriable: true });
    fixture.acceptor.append = (events) =>
      fixture.acceptor.calls.length < 2 ? append(events) : Promise.reject(failure);
    const lines = Array.from({ length: 3_000 }, (_, i) => event(`e${i}`));
    const reply = await post(port, lines.join('\n'), { headers: ndjson });
    expect(reply).toMatchObject({ status: 503, json: { code: 'store_full', duplicates: 0, rejected: 0 } });
    expect(reply.headers['retry-after']).toBe('30');
    expect(reply.json.accepted).toBe(fixture.acceptor.events.length);
    expect(reply.json.accepted).toBeGreaterThan(0);
    expect(reply.json.results).toHaveLength(reply.json.accepted);
  });

  it('answers 409 to a single conflict', async () => {
    await start();
    fixture.acceptor.rejectConflicts = true;
    await post(port, event('a', 1));
    const reply = await post(port, event('a', 2));
    expect(reply).toMatchObject({ status: 409, json: { code: 'id_conflict', rejected: 1 } });
    expect(reply.json.results[0]?.error).toMatchObject({ code: 'id_conflict', index: 0 });
  });

  it('hands every other path on', async () => {
    await start();
    expect(await post(port, '', { path: '/v1/eventsx' })).toMatchObject({ status: 404, text: 'fallback' });
    expect(await post(port, event('a'), { path: '/v1/events?x=1' })).toMatchObject({ status: 202 });
  });

  it('says 100 Continue only to a body that it wants', async () => {
    await start({ limits: { bodyBytes: 1000 } });
    const head = (length: number, path = '/v1/events'): string =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
    expect(await raw(port, head(10), /100 Continue/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await raw(port, head(5000), /\r\n\r\n.*\}/s)).toMatch(/^HTTP\/1\.1 413 /);
    expect(await raw(port, head(3, '/other') + 'abc', /fallback/)).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 404/,
    );
    const one = event('a');
    const twice = await raw(port, head(one.length) + one + head(one.length) + one, /"duplicate".*\}\}/s);
    expect(twice.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 100',
      'HTTP/1.1 202',
      'HTTP/1.1 100',
      'HTTP/1.1 202',
    ]);
  });

  it('serves many requests on one connection', async () => {
    await start();
    const one = (id: string): string => {
      const body = event(id);
      return `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    const text = await raw(port, one('a') + one('b') + one('c'), /"c".*\}\}/s);
    expect(text.match(/HTTP\/1\.1 202/g)).toHaveLength(3);
    expect(ids()).toEqual(['a', 'b', 'c']);
  });
});
