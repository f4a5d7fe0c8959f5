import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { post, raw } from '../../test/helpers/http-post';

const ndjson = { 'content-type': 'application/x-ndjson' };
const json = { 'content-type': 'application/json' };
const event = (id: string, payload: unknown = 1): string => JSON.stringify({ event_id: id, payload });
const bad = Buffer.from([0xff, 0xfe]);

describe('what can go wrong with a request', () => {
  let fixture: IngestFixture;
  let port: number;
  const start = async (limits: ConstructorParameters<typeof IngestFixture>[0] = {}): Promise<void> => {
    fixture = new IngestFixture(limits);
    port = await fixture.listen();
  };
  const ids = (): string[] => fixture.acceptor.events.map(({ id }) => id);
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  afterEach(async () => {
    await fixture.close();
    await until(() => fixture.memory.used === 0);
  });

  test.each<[string, string | Buffer, Record<string, string>, number, string, RegExp]>([
    ['no body', '', json, 400, 'empty_body', /empty/],
    ['only white space', ' \n', json, 400, 'empty_body', /empty/],
    ['no line', '\n\r\n', ndjson, 400, 'empty_body', /no line/],
    ['half an object', '{"event_id":"a"', json, 400, 'malformed_json', /ends too early/],
    ['something after it', `${event('a')}}`, json, 400, 'malformed_json', /unexpected byte/],
    [
      'half an array',
      `[${event('a')},`,
      json,
      400,
      'malformed_json',
      /item 1 of the array.*nothing of the array was taken/,
    ],
    ['a bad array item', `[${event('a')},{"event_id":}]`, json, 400, 'malformed_json', /item 1 .*byte at 13/],
    ['no comma', `[${event('a')} ${event('b')}]`, json, 400, 'malformed_json', /item 0/],
    ['a tail behind an array', `[${event('a')}] x`, json, 400, 'malformed_json', /follows the array/],
    [
      'a deep one',
      `{"event_id":"a","payload":${'['.repeat(99)}${']'.repeat(99)}}`,
      json,
      400,
      'too_deep',
      /deeper than 64/,
    ],
    ['a deep array', `[${'['.repeat(99)}${']'.repeat(99)}]`, json, 400, 'too_deep', /item 0/],
    [
      'bad UTF-8',
      Buffer.concat([Buffer.from('{"event_id":"'), bad, Buffer.from('","payload":1}')]),
      json,
      400,
      'invalid_utf8',
      /UTF-8/,
    ],
    ['no type', event('a'), {}, 415, 'unsupported_media_type', /without a content type/],
    [
      'a wrong type',
      event('a'),
      { 'content-type': 'text/plain' },
      415,
      'unsupported_media_type',
      /application\/x-ndjson/,
    ],
    [
      'a wrong charset',
      event('a'),
      { 'content-type': 'application/json; charset=latin1' },
      415,
      'unsupported_media_type',
      /latin1/,
    ],
    [
      'a wrong encoding',
      event('a'),
      { ...json, 'content-encoding': 'zstd' },
      415,
      'unsupported_encoding',
      /zstd/,
    ],
    [
      'two encodings',
      event('a'),
      { ...json, 'content-encoding': 'gzip, br' },
      415,
      'unsupported_encoding',
      /gzip, br/,
    ],
    [
      'what is not gzip',
      event('a'),
      { ...json, 'content-encoding': 'gzip' },
      400,
      'invalid_encoding',
      /gzip/,
    ],
    [
      'gzip cut short',
      gzipSync(event('a')).subarray(0, 20),
      { ...json, 'content-encoding': 'gzip' },
      400,
      'invalid_encoding',
      /cut short/,
    ],
    ['every item bad', '[1,2]', json, 400, 'all_rejected', /All 2 events.*not a number/],
    ['every line bad', '1\n2\n', ndjson, 400, 'all_rejected', /All 2 events/],
    ['one bad event', '{"event_id":"a"}', json, 400, 'missing_payload', /payload is required/],
  ])('%s', async (_name, body, headers, status, code, detail) => {
    await start();
    const reply = await post(port, body, { headers });
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(reply.json).toMatchObject({ type: 'about:blank', status, code });
    expect(reply.json.title).not.toBe('');
    expect(reply.json.detail).toMatch(detail);
    expect(ids()).toEqual([]);
    expect(fixture.observer.counts['http rejected']).toBeGreaterThan(0);
  });

  it('keeps the neighbours of every kind of bad line', async () => {
    await start({ limits: { eventBytes: 200 } });
    const wrong: [string | Buffer, string][] = [
      ['{', 'malformed_json'],
      ['nonsense', 'malformed_json'],
      ['[]', 'not_an_object'],
      [Buffer.concat([Buffer.from('{"event_id":"u","payload":"'), bad, Buffer.from('"}')]), 'invalid_utf8'],
      [event('big', 'x'.repeat(300)), 'event_too_large'],
      [`{"event_id":"a","payload":1,"__proto__":1}`, 'forbidden_member'],
      [`{"event_id":"a","payload":1,"timestamp":-1}`, 'timestamp_too_early'],
      [`{"event_id":"a","payload":1,"timestamp":"9999-01-01T00:00:00Z"}`, 'timestamp_too_late'],
      [`{"event_id":"","payload":1}`, 'invalid_event_id'],
      [`{"payload":1}`, 'missing_event_id'],
      [`{"event_id":"a","payload":${'['.repeat(70)}${']'.repeat(70)}}`, 'too_deep'],
    ];
    const lines = wrong.flatMap(([line], i) => [Buffer.from(event(`good${i}`)), Buffer.from(line)]);
    const body = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    const expected = wrong.map((_, i) => `good${i}`);
    const check = (reply: Awaited<ReturnType<typeof post>>): void => {
      expect(reply.status).toBe(207);
      const errors = reply.json.results.flatMap(({ error }) => error ?? []);
      expect(errors.map(({ code }) => code)).toEqual(wrong.map(([, code]) => code));
      expect(errors.map(({ line }) => line)).toEqual(wrong.map((_, i) => 2 * i + 2));
    };
    check(await post(port, body, { headers: ndjson }));
    expect(ids()).toEqual(expected);
    check(
      await post(
        port,
        [...body].map((byte) => Buffer.from([byte])),
        { headers: ndjson },
      ),
    );
    expect(ids()).toEqual(expected);
  });

  it('rejects one array item that is not UTF-8 or too large, and takes the others', async () => {
    await start({ limits: { eventBytes: 100 } });
    const broken = Buffer.concat([Buffer.from('{"event_id":"u","payload":"'), bad, Buffer.from('"}')]);
    const body = Buffer.concat([
      Buffer.from(`[${event('a')},`),
      broken,
      Buffer.from(`,${event('b', 'x'.repeat(100))},${event('c')}]`),
    ]);
    const reply = await post(port, body);
    expect(reply.json.results).toMatchObject([
      { event_id: 'a' },
      { error: { code: 'invalid_utf8', index: 1 } },
      { error: { code: 'event_too_large', index: 2 } },
      { event_id: 'c' },
    ]);
  });

  it('refuses other methods and says which one it takes', async () => {
    await start();
    const reply = await post(port, '', { method: 'GET' });
    expect(reply).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
    expect(reply.headers['allow']).toBe('POST');
  });

  it('refuses a body by its length before reading it', async () => {
    await start({ limits: { bodyBytes: 100 } });
    const head =
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 101\r\n\r\n';
    const text = await raw(port, head, /\r\n\r\n.*\}/s);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/"body_too_large"/);
    expect(text).toMatch(/Connection: close/i);
  });

  it('stops a body without a length at the limit, and the client gets the answer', async () => {
    await start({ limits: { bodyBytes: 1000, streamBytes: 1000 } });
    const pieces = Array.from({ length: 50 }, () => Buffer.alloc(100, 0x20));
    expect(await post(port, pieces)).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
    const lines = Array.from({ length: 50 }, (_, i) => Buffer.from(`${event(`e${i}`, 'x'.repeat(60))}\n`));
    const reply = await post(port, lines, { headers: ndjson });
    expect(reply).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
    expect(reply.json.accepted).toBe(fixture.acceptor.events.length);
  });

  it('is not blown up by a small body that decompresses into a large one', async () => {
    await start({ limits: { bodyBytes: 100_000, streamBytes: 100_000 } });
    const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
    for (const type of [json, ndjson]) {
      const reply = await post(port, bomb, { headers: { ...type, 'content-encoding': 'gzip' } });
      expect(reply).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
    }
  });

  it('counts what comes over the wire too, when it decompresses into nothing', async () => {
    await start({ limits: { bodyBytes: 1000 } });
    const nothing = Array.from({ length: 100 }, () => gzipSync(''));
    const reply = await post(port, nothing, { headers: { ...json, 'content-encoding': 'gzip' } });
    expect(reply).toMatchObject({ status: 413, json: { code: 'body_too_large' } });
  });

  it('reads on for a moment after an early answer, so that the client is not reset before it has it', async () => {
    await start({ limits: { bodyBytes: 100 } });
    const socket = connect(port, '127.0.0.1');
    const seen: string[] = [];
    socket.on('end', () => seen.push('closed'));
    const closed = new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject));
    socket.write(
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 101\r\n\r\n',
    );
    await new Promise<void>((resolve) =>
      socket.on('data', (text) => String(text).endsWith('}') && resolve()),
    );
    await new Promise((resolve) => setTimeout(resolve, 30)); // time to close, if it were to
    seen.push('body');
    socket.write(Buffer.alloc(101));
    await closed;
    expect(seen).toEqual(['body', 'closed']);
  });

  test.each([
    ['a stream', ndjson, (lines: string[]) => lines.join('\n')],
    ['an array', json, (lines: string[]) => `[${lines.join()}]`],
  ])('keeps a few groups of %s in flight, not all of it', async (_name, headers, join) => {
    await start();
    let release = (): void => undefined;
    fixture.acceptor.hold = new Promise((resolve) => (release = resolve));
    const reply = post(port, join(Array.from({ length: 6_000 }, (_, i) => event(`e${i}`))), { headers });
    await until(() => fixture.acceptor.calls.length === 4);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(fixture.acceptor.calls).toHaveLength(4);
    release();
    expect((await reply).json.accepted).toBe(6_000);
  });

  it('stops at too many events and tells how many were taken', async () => {
    await start({ limits: { eventsPerRequest: 3 } });
    const five = ['a', 'b', 'c', 'd', 'e'].map((id) => event(id));
    const stream = await post(port, five.join('\n'), { headers: ndjson });
    expect(stream).toMatchObject({ status: 413, json: { code: 'too_many_events', accepted: 3 } });
    expect(stream.json.detail).toMatch(/the first 3 were taken/);
    expect(stream.json.results).toHaveLength(3);
    const array = await post(port, `[${five.join()}]`);
    expect(array).toMatchObject({ status: 413, json: { code: 'too_many_events', accepted: 0 } });
    expect(array.json.detail).toMatch(/none was taken/);
    expect(await post(port, `${five.slice(0, 3).join('\n')}\n\n`, { headers: ndjson })).toMatchObject({
      status: 202,
    });
  });

  it('answers 408 to a client that is too slow, with what was taken until then', async () => {
    await start({ limits: { requestSeconds: 0.3 } });
    const head =
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 500\r\n\r\n';
    const text = await raw(port, `${head}${event('a')}\n{"event`, /\r\n\r\n.*\}\}/s);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(JSON.parse(text.slice(text.indexOf('{')))).toMatchObject({ code: 'request_timeout', accepted: 1 });
    expect(ids()).toEqual(['a']);
  });

  it('lets go of everything when the client leaves in the middle, and keeps whole lines that were on their way', async () => {
    await start();
    let release = (): void => undefined;
    fixture.acceptor.hold = new Promise((resolve) => (release = resolve));
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const part = `${event('a')}\n{"event_id":"b","pay`;
    socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
    await until(() => ids().length === 1);
    expect(fixture.memory.used).toBeGreaterThan(0);
    socket.destroy();
    release();
    await until(() => fixture.memory.used === 0);
    expect(ids()).toEqual(['a']);
    expect(fixture.answered).toEqual([]);
  });

  it('lets go of a whole-body request whose client leaves', async () => {
    await start();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"event',
    );
    await until(() => fixture.memory.used === 7);
    socket.destroy();
    await until(() => fixture.memory.used === 0);
  });

  it('answers in its own form when the headers are too large or nothing is HTTP', async () => {
    await start({ limits: { headerBytes: 2048 } });
    const large = await raw(
      port,
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(5000)}\r\n\r\n`,
    );
    expect(large).toMatch(/^HTTP\/1\.1 431 .*"headers_too_large"/s);
    expect(await raw(port, 'HELO there\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"bad_request"/s);
  });

  it('answers 500 without a reason when something throws that never should, and goes on', async () => {
    await start();
    fixture.acceptor.failure = new TypeError('secret');
    const reply = await post(port, event('a'));
    expect(reply).toMatchObject({ status: 500, json: { code: 'internal', accepted: 0 } });
    expect(reply.text).not.toContain('secret');
    fixture.acceptor.failure = undefined;
    expect((await post(port, event('b'))).status).toBe(202);
  });
});
