import { createServer, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { redact } from './redact';

const secret = 'hunter2';
const textOf = (value: unknown): string => JSON.stringify(redact(value));

describe('no secret comes through', () => {
  test.each<[string, unknown]>([
    [
      'headers',
      {
        Authorization: secret,
        COOKIE: secret,
        'set-cookie': [secret],
        'X-Api-Key': secret,
        'x-amz-security-token': secret,
      },
    ],
    ['raw headers', { rawHeaders: ['Host', 'h', 'Authorization', secret, 'Cookie', secret] }],
    [
      'entries of headers',
      {
        headers: [
          ['authorization', secret],
          ['host', 'h'],
        ],
      },
    ],
    ['a query', { query: { api_key: secret, access_token: secret, page: '2' }, url: `/x?token=${secret}` }],
    ['a body', { body: { note: secret }, rawBody: secret, payload: [secret] }],
    ['a body as text', `{"user":"tom","password":"${secret}"}`],
    [
      'credentials',
      { auth: { username: 'tom', password: secret }, sasl: secret, pass: secret, credentials: [secret] },
    ],
    ['keys', { privateKey: secret, accountKey: secret, signing_key: secret, keys: [{ key: secret }] }],
    ['tokens', { tokens: [secret], idToken: secret, jwt: secret, sessionId: secret }],
    [
      'variables',
      { DB_PASS: secret, MYSQL_PWD: secret, dbPass: secret, userPwd: secret, tokenValue: secret },
    ],
    ['bodies', { requestBody: secret, response_body: secret, requestPayload: secret }],
    ['short ones', { otp: secret, pin: secret, user_otp: secret, userPin: secret, sig: secret }],
    [
      'lists of names and values',
      {
        list: [
          { name: 'authorization', value: secret },
          { key: 'X-Api-Key', value: [secret] },
        ],
      },
    ],
    ['what is deep', { a: [{ b: { c: [{ password: secret }] } }] }],
    ['bytes', { bytes: Buffer.from(secret), typed: new Uint8Array(Buffer.from(secret)) }],
    ['a number', { password: 1234567 }],
  ])('%s', (_name, value) => {
    const text = textOf(value);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('1234567');
    expect(text).toMatch(/redacted|bytes/);
  });
});

describe('errors', () => {
  test('with their causes', () => {
    const root = Object.assign(new Error(`connect postgres://u:${secret}@db`), { password: secret });
    const middle = new Error(`query failed, token=${secret}`, { cause: root });
    const top = Object.assign(new Error('no answer', { cause: middle }), { attempt: { cause: middle } });
    const text = textOf({ err: top });
    expect(text).not.toContain(secret);
    expect(text).toContain('no answer: query failed');
    expect(text).toContain('connect postgres');
    expect(text).toContain('caused by');
  });

  test('that hold others', () => {
    const inner = Object.assign(new Error(`bearer ${secret}${secret}`), { headers: { cookie: secret } });
    const text = textOf(new AggregateError([inner, inner], 'all failed'));
    expect(text).not.toContain(secret);
    expect(text).toContain('all failed');
    expect(text).toContain('aggregateErrors');
  });

  test('that are frozen, or of another realm', () => {
    const frozen = Object.freeze(Object.assign(new Error(`token=${secret}`), { password: secret }));
    expect(redact(frozen)).toMatchObject({
      type: 'Error',
      message: 'token=[redacted]',
      password: '[redacted]',
    });
    expect(Object.keys(frozen)).toEqual(['password']);
  });

  test("of express's body parser", () => {
    const error = Object.assign(new SyntaxError('bad'), {
      body: `{"pin":"${secret}"`,
      type: 'entity.parse.failed',
    });
    expect(textOf(error)).not.toContain(secret);
  });

  test('of an HTTP client, with its request and answer, stay small and tell no secret', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(401, { 'Set-Cookie': `sid=${secret}`, 'Content-Type': 'application/json' });
      response.end(`{"you_sent":"${secret}"}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = {
      Authorization: `Bearer ${secret}`,
      'X-Api-Key': secret,
      'Content-Type': 'application/json',
    };
    const path = `/orders?api_key=${secret}`;
    const sent: ClientRequest = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path,
      headers,
      auth: `tom:${secret}`,
    });
    sent.end(`{"password":"${secret}"}`);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    let data = '';
    for await (const chunk of answer) data += String(chunk);
    // As axios 1 throws them.
    const config = {
      url: path,
      baseURL: `http://tom:${secret}@127.0.0.1:${port}`,
      method: 'post',
      headers,
      params: { token: secret },
      auth: { username: 'tom', password: secret },
      data: `{"password":"${secret}","note":"${secret}"}`,
      httpAgent: sent,
      transformRequest: [() => secret],
    };
    const response = {
      status: 401,
      statusText: 'Unauthorized',
      headers: answer.headers,
      config,
      request: sent,
      data,
    };
    const error = Object.assign(new Error('Request failed with status code 401'), {
      code: 'ERR_BAD_REQUEST',
      config,
      request: sent,
      response,
    });
    const text = textOf({ err: error, req: answer, socket: answer.socket });
    server.close();
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(`tom:${secret}`).toString('base64'));
    expect(text.length).toBeLessThan(8_000);
    expect(redact(error)).toMatchObject({
      code: 'ERR_BAD_REQUEST',
      config: { method: 'post', data: '[redacted]', auth: '[redacted]' },
      request: { type: 'ClientRequest', method: 'POST', path: '/orders?api_key=[redacted]' },
      response: { status: 401, data: '[redacted]', headers: { 'set-cookie': '[redacted]' } },
    });
  });
});

describe('toJSON says nothing', () => {
  const toJSON = (): object => ({ note: secret });
  class Inheriting {}
  Object.defineProperty(Inheriting.prototype, 'toJSON', { value: toJSON, enumerable: true });
  test.each<[string, unknown]>([
    ['of an object', { a: 1, toJSON }],
    ['of an error', Object.assign(new Error('no'), { toJSON })],
    ['of a cause', new Error('no', { cause: Object.assign(new Error('nor this'), { toJSON }) })],
    ['of an error that is frozen', Object.freeze(Object.assign(new Error('no'), { toJSON }))],
    ['of an error whose prototype has it', Object.setPrototypeOf(new Error('no'), new Inheriting())],
    ['of a list', [Object.assign(['a'], { toJSON })]],
    ['of a date', Object.assign(new Date(0), { toJSON })],
  ])('%s', (_name, value) => {
    expect(textOf({ value })).not.toContain(secret);
    expect(textOf(value)).not.toContain(secret);
  });
});

test('functions are left out, so that what is there can still be written', () => {
  const copy = redact({ toString: () => secret, valueOf: () => secret, f() {}, list: [() => secret] });
  expect(copy).toStrictEqual({ list: [undefined] });
  expect(String(copy)).toBe('[object Object]');
});

test('a date that is none stays one', () => {
  expect(textOf({ at: new Date(NaN) })).toBe('{"at":null}');
});

test('whether there is a secret may be told', () => {
  const told = { password: null, hasToken: true, token: undefined, cookie: false };
  expect(redact(told)).toEqual(told);
});

test('what is beside a secret stays', () => {
  const entry = {
    event_id: 'e1',
    key_count: 3,
    data: { delay: 12 },
    at: new Date(0),
    url: '/v1/events?page=2',
    ...{
      passed: 3,
      passes: 1,
      bypass: 'x',
      compass: 'n',
      pinCount: 4,
      pin_count: 4,
      pinned: 'x',
      spin: 2,
      option: 'o',
    },
    ...{ somebody: 'tom', bodyBytes: 3, passRatio: 0.5, OLDPWD: '/', tokenizer: 'x', author: 'tom' },
    pair: { name: 'delay', value: 12 },
  };
  expect(redact(entry)).toEqual(entry);
});

test('a member that can not be read takes no other with it', () => {
  const entry = {
    before: 1,
    get boom(): string {
      throw new Error('getter');
    },
    after: 2,
  };
  expect(redact(entry)).toEqual({ before: 1, boom: '[could not be read]', after: 2 });
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no');
      },
    },
  );
  expect(redact({ hostile, after: 2 })).toEqual({ hostile: '[could not be read]', after: 2 });
});

test('an entry is bounded, however much hangs on it', () => {
  const wide = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`m${i}`, i]));
  const shared = Array.from({ length: 200 }, () => ({ wide, list: Array.from({ length: 200 }, () => wide) }));
  const text = textOf({ shared, text: 'x'.repeat(1e6) });
  expect(text.length).toBeLessThan(100_000);
  expect(text).toContain('more');
});
