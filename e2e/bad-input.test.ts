import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { badEvents, badLines, hugeText } from './helpers/bad-events';
import { ExporterProcess } from './helpers/exporter-process';
import { logConsumer } from './helpers/published';
import { type Message, ReflectedClient } from './helpers/reflected-client';

const ingest = 'selfcheer.v1.IngestService/Ingest';
const ingestBatch = 'selfcheer.v1.IngestService/IngestBatch';
const ingestStream = 'selfcheer.v1.IngestService/IngestStream';
const hugeBody = 'x'.repeat(9 * 2 ** 20);
const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };

interface Result {
  readonly event_id: string | null;
  readonly status: string;
  readonly error?: { code: string; detail: string; line?: number; index?: number };
}
interface Answer {
  readonly results: readonly Result[];
  readonly code?: string;
  readonly detail?: string;
}

let exporter: ExporterProcess;
let client: ReflectedClient;
/** Ids that were acknowledged, and so must be published; no other may be. */
const taken: string[] = [];
/** Whole, but its producer went away before the answer: it may be published or not. */
const unanswered = 'unanswered';
let count = 0;

/** A good event under a new id, which must then be published. */
function neighbour(): { id: string; text: string } {
  const id = `good-${count++}`;
  taken.push(id);
  return { id, text: `{"event_id":"${id}","payload":{"n":1}}` };
}

/** A whole request that was refused: RFC 9457, with our stable code. */
async function problem(answer: Response): Promise<Answer> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  const body = (await answer.json()) as Answer & Message;
  expect(body).toMatchObject({
    title: expect.stringMatching(/\w/),
    status: answer.status,
    detail: expect.stringMatching(/\w/),
    request_id: expect.stringMatching(/\w/),
  });
  return body;
}

beforeAll(async () => {
  exporter = await ExporterProcess.start();
  client = await ReflectedClient.connect(exporter.addresses.grpc);
});

afterAll(async () => {
  client?.close();
  await exporter?.dispose();
});

describe('one bad event between good neighbours over HTTP', () => {
  async function between(
    bad: string | Buffer,
    wrap: readonly [string, string, string],
    headers: Readonly<Record<string, string>>,
  ): Promise<Result> {
    const [first, last] = [neighbour(), neighbour()];
    const [open, separator, close] = wrap;
    const parts = [`${open}${first.text}${separator}`, bad, `${separator}${last.text}${close}`];
    const answer = await exporter.post(Buffer.concat(parts.map((part) => Buffer.from(part))), headers);
    expect(answer.status).toBe(207);
    const { results } = (await answer.json()) as Answer;
    expect(results).toMatchObject([
      { event_id: first.id, status: 'accepted' },
      { status: 'rejected' },
      { event_id: last.id, status: 'accepted' },
    ]);
    return results[1] as Result;
  }

  test.each([...badEvents, ...badLines])('NDJSON: %s', async (_what, text, code, names) => {
    const { error } = await between(text, ['', '\n', '\n'], ndjson);
    expect(error).toMatchObject({ code, line: 2, detail: expect.stringMatching(names) });
  });

  test.each(badEvents)('an array: %s', async (_what, text, code, names) => {
    const { error } = await between(text, ['[', ',', ']'], json);
    expect(error).toMatchObject({ code, index: 1, detail: expect.stringMatching(names) });
  });

  test.each(badEvents)('alone: %s', async (_what, text, code, names) => {
    // A lone array is a batch of one, and in it a number.
    const body = await problem(await exporter.post(text, json));
    expect(body).toMatchObject({ code, accepted: 0, rejected: 1, detail: expect.stringMatching(names) });
  });
});

test('the same id three times in one batch: a duplicate, and an update', async () => {
  const { id } = neighbour();
  taken.push(id);
  const texts = [1, 1, 2].map((payload) => `{"event_id":"${id}","payload":${payload}}`);
  const answer = await exporter.post(`[${texts.join()}]`, json);
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({
    accepted: 2,
    duplicates: 1,
    results: [
      { status: 'accepted', revision: 1 },
      { status: 'duplicate', revision: 1 },
      { status: 'updated', revision: 2 },
    ],
  });
});

describe('a body that can not be taken at all', () => {
  test.each(badLines)(
    'an array with %s names the item, and nothing of it is taken',
    async (_what, text, code) => {
      const body = await problem(
        await exporter.post(`[{"event_id":"bad","payload":1},${String(text)}]`, json),
      );
      expect(body).toMatchObject({ code, detail: expect.stringContaining('item 1') });
    },
  );

  const one = '{"event_id":"bad","payload":1}';
  test.each([
    ['empty', '', json, 400, 'empty_body'],
    ['white space', ' \n ', ndjson, 400, 'empty_body'],
    ['an unfinished array', `[${one}`, json, 400, 'malformed_json'],
    ['something after the array', `[${one}]x`, json, 400, 'malformed_json'],
    ['text/plain', one, { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['no type', one, { 'content-type': '' }, 415, 'unsupported_media_type'],
    [
      'in Latin-1',
      one,
      { 'content-type': 'application/json; charset=latin1' },
      415,
      'unsupported_media_type',
    ],
    ['in an unknown encoding', one, { ...json, 'content-encoding': 'lzma' }, 415, 'unsupported_encoding'],
    ['a damaged gzip', one, { ...json, 'content-encoding': 'gzip' }, 400, 'invalid_encoding'],
    ['over 8 MiB', hugeBody, json, 413, 'body_too_large'],
    [
      'over 8 MiB after gzip',
      gzipSync(hugeBody),
      { ...json, 'content-encoding': 'gzip' },
      413,
      'body_too_large',
    ],
    ['of 100,001 events', `[${'1,'.repeat(100_000)}1]`, json, 413, 'too_many_events'],
  ] as const)('%s', async (_what, body, headers, expected, code) => {
    const answer = await exporter.post(body, headers);
    expect(answer.status).toBe(expected);
    expect(await problem(answer)).toMatchObject({ code });
  });

  test('a method that is not POST', async () => {
    const answer = await fetch(`${exporter.url}/v1/events`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await problem(answer)).toMatchObject({ code: 'method_not_allowed' });
  });

  test('bytes that are no HTTP', async () => {
    const [host = '', port = ''] = exporter.addresses.http.split(':');
    const socket = net.connect(Number(port), host).setTimeout(10_000, () => socket.destroy());
    socket.write('\x16\x03\x01\x02\x00 this is TLS, or worse\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*"code":"bad_request"/);
  });

  test('a body that ends before it is complete leaves no half event', async () => {
    const [host = '', port = ''] = exporter.addresses.http.split(':');
    const socket = net.connect(Number(port), host);
    const head = 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n';
    socket.end(
      `${head}Content-Length: 5000\r\n\r\n{"event_id":"${unanswered}","payload":1}\n{"event_id":"bad","pay`,
    );
    for await (const chunk of socket) void chunk;
    expect((await exporter.post(neighbour().text, json)).status).toBe(202);
  });
});

describe('CloudEvents', () => {
  const attributes = (id: string) => ({ specversion: '1.0', id, source: '/ce', type: 'ce.test' });
  const bad: readonly (readonly [string, Message, string, RegExp])[] = [
    ['no specversion', { specversion: undefined }, 'missing_attribute', /specversion/],
    ['another specversion', { specversion: '0.3' }, 'invalid_attribute', /specversion.*0\.3/],
    ['no source', { source: undefined }, 'missing_attribute', /source/],
    ['an id that is a number', { id: 7 }, 'invalid_attribute', /id.*number/],
    ['an unreadable time', { time: 'noon' }, 'invalid_attribute', /time.*noon/],
    ['a time in the far future', { time: '9999-01-01T00:00:00Z' }, 'timestamp_too_late', /time.*future/],
    ['damaged base64', { data_base64: 'x' }, 'invalid_attribute', /data_base64/],
    ['data twice', { data: 1, data_base64: 'YQ==' }, 'invalid_attribute', /data_base64.*data/],
  ];

  test.each(bad)('a batch with %s', async (_what, change, code, names) => {
    const [first, last] = [neighbour(), neighbour()];
    const batch = [attributes(first.id), { ...attributes('bad'), ...change }, attributes(last.id)];
    const answer = await exporter.post(JSON.stringify(batch), {
      'content-type': 'application/cloudevents-batch+json',
    });
    expect(answer.status).toBe(207);
    expect(await answer.json()).toMatchObject({
      results: [
        { event_id: first.id, status: 'accepted' },
        { status: 'rejected', error: { code, index: 1, detail: expect.stringMatching(names) } },
        { event_id: last.id, status: 'accepted' },
      ],
    });
  });

  test.each(bad)('structured, with %s', async (_what, change, code) => {
    const answer = await exporter.post(JSON.stringify({ ...attributes('bad'), ...change }), {
      'content-type': 'application/cloudevents+json',
    });
    expect(answer.status).toBe(400);
    expect(await problem(answer)).toMatchObject({ code });
  });

  test('binary, without its type', async () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'bad', 'ce-source': '/ce', ...json };
    expect(await problem(await exporter.post('1', headers))).toMatchObject({ code: 'missing_attribute' });
  });

  test('binary, with data that is not the JSON it claims to be', async () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'bad', 'ce-source': '/ce', 'ce-type': 't', ...json };
    expect(await problem(await exporter.post('{', headers))).toMatchObject({ code: 'malformed_json' });
  });
});

describe('gRPC', () => {
  const good = (): Message => ({ event_id: neighbour().id, payload: 'x' });
  /** `event_id` (field 1), and `payload` (field 2) with the byte 0xff. */
  const notUtf8 = Buffer.from([0x0a, 1, 0x62, 0x12, 1, 0xff]);
  const bad: readonly (readonly [string, Message | Buffer, string, string])[] = [
    ['no event_id', { payload: 'x' }, 'missing_event_id', 'event_id'],
    ['a control character', { event_id: 'bad\u0000', payload: 'x' }, 'invalid_event_id', 'event_id'],
    ['no payload', { event_id: 'bad' }, 'missing_payload', 'payload'],
    ['damaged JSON', { event_id: 'bad', payload_json: Buffer.from('{') }, 'malformed_json', 'payload_json'],
    ['deep JSON', { event_id: 'bad', payload_json: Buffer.from('['.repeat(70)) }, 'too_deep', 'payload_json'],
    [
      'a timestamp in seconds',
      { event_id: 'bad', payload: 'x', timestamp: 1517966773 },
      'timestamp_too_early',
      'timestamp',
    ],
    [
      'a negative timestamp',
      { event_id: 'bad', payload: 'x', timestamp: -1 },
      'timestamp_too_early',
      'timestamp',
    ],
    [
      'a timestamp far ahead',
      { event_id: 'bad', payload: 'x', timestamp: 9e15 },
      'timestamp_too_late',
      'timestamp',
    ],
    ['a long key', { event_id: 'bad', payload: 'x', key: 'k'.repeat(513) }, 'invalid_key', 'key'],
    ['over 1 MB', { event_id: 'bad', payload: hugeText }, 'event_too_large', 'payload'],
    ['bytes that are no UTF-8', notUtf8, 'invalid_utf8', 'payload'],
    ['bytes that are no message', Buffer.from([0x0a, 0x7f, 0x01]), 'malformed_message', ''],
  ];

  test.each(bad)('unary: %s', async (_what, request, code, field) => {
    const error = await client.failure(ingest, request);
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toMatch(/\w/);
    const reason = code.toUpperCase();
    const violation = { ...(field !== '' && { field }), reason, description: error.details };
    expect(client.details(error)).toMatchObject({
      ErrorInfo: { reason, domain: 'selfcheer' },
      BadRequest: { field_violations: [violation] },
    });
  });

  test.each(bad)('a batch: %s', async (_what, request, code, field) => {
    const requests = [good(), request, good()];
    const bytes = requests.map((one) => (Buffer.isBuffer(one) ? one : client.encode(ingest, one)));
    const answer = await client.unary(
      ingestBatch,
      Buffer.concat(bytes.flatMap((one) => [tagOfRequest(one), one])),
    );
    expect(answer).toMatchObject({
      accepted: 2,
      rejected: 1,
      results: [
        { event_id: requests[0] && (requests[0] as Message)['event_id'], status: 'EVENT_STATUS_ACCEPTED' },
        { status: 'EVENT_STATUS_REJECTED', error: { code, index: 1, ...(field !== '' && { field }) } },
        { event_id: (requests[2] as Message)['event_id'], status: 'EVENT_STATUS_ACCEPTED' },
      ],
    });
  });

  test('a stream with all of it goes on to its end', async () => {
    const messages = bad.flatMap(([, request]) => [good(), request]).concat(good());
    const answers = await client.stream(ingestStream, messages);
    const rejected = answers.filter((answer) => answer['status'] === 'EVENT_STATUS_REJECTED');
    expect(rejected.map(({ error }) => error)).toEqual(
      expect.arrayContaining(
        bad.map(([, , code], place) => expect.objectContaining({ code, index: 2 * place + 1 }) as unknown),
      ),
    );
    expect(rejected).toHaveLength(bad.length);
    const accepted = answers.filter((answer) => answer['status'] === 'EVENT_STATUS_ACCEPTED');
    expect(accepted.map((answer) => answer['event_id']).sort()).toEqual(taken.slice(-bad.length - 1).sort());
  });

  test('a message over 8 MiB', async () => {
    const error = await client.failure(ingest, { event_id: 'bad', payload: hugeBody });
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.details).toMatch(/\d/);
  });

  test('an empty batch, and one that is no message', async () => {
    for (const [request, reason] of [
      [Buffer.alloc(0), 'EMPTY_BODY'],
      [Buffer.from([0x0a, 0x7f]), 'MALFORMED_MESSAGE'],
    ] as const) {
      const error = await client.failure(ingestBatch, request);
      expect(error.code).toBe(status.INVALID_ARGUMENT);
      expect(client.details(error)).toMatchObject({ ErrorInfo: { reason } });
    }
  });
});

/** Tag and length of `requests` (field 1) in `IngestBatchRequest`. */
function tagOfRequest({ length }: Buffer): Buffer {
  const bytes = [0x0a];
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

describe('after all this', () => {
  test('every good neighbour is published, and nothing bad', async () => {
    await exporter.settled();
    const published: string[] = [];
    for await (const { headers } of logConsumer(exporter.dataDir, 'events').messages()) {
      const id = headers['ce_id'] ?? '';
      if (id !== unanswered) published.push(id);
    }
    expect(published.sort()).toEqual(taken.sort());
  });

  test('the process lives, and the faults of others are none of its own', async () => {
    expect(exporter.running).toBe(true);
    let state = 'warming';
    for (const end = Date.now() + 60_000; state === 'warming' && Date.now() < end; await sleep(250)) {
      ({ state } = (await (await exporter.admin('/api/v1/cheer')).json()) as { state: string });
    }
    expect(['green', 'yellow']).toContain(state);
    const { slos } = (await (await exporter.admin('/api/v1/slo')).json()) as {
      slos: { name: string; bad: number }[];
    };
    expect(slos.find(({ name }) => name === 'ingest-availability')).toMatchObject({ bad: 0 });
    expect((await exporter.admin('/health')).status).toBe(200);
  }, 90_000);
});
