import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createLogger } from '../logger';
import { BreakerOpenError, BulkheadFullError, CallTimeoutError, HttpError } from '../resilience/errors';
import { createErrorHandler } from './error-handler';

async function answerTo(
  thrown: unknown,
  headersSent = false,
  headers: Record<string, string> = {},
  path = '/orders/7',
) {
  const lines: string[] = [];
  const logger = createLogger({
    service: 't',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  const app = express();
  app.get('/orders/:id', (_request, response) => {
    response.set(headers);
    if (headersSent) response.write('half');
    throw thrown;
  });
  app.use(createErrorHandler(logger));
  const server = createServer(app);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const text = await response.text();
    return {
      ...{ status: response.status, type: response.headers.get('content-type') },
      retryAfter: response.headers.get('retry-after'),
      headers: response.headers,
      body: JSON.parse(text) as unknown,
      lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const secret = 'password=hunter2';

test.each([
  [new Error(secret), 500, 'internal', null],
  ['a string', 500, 'internal', null],
  [Object.assign(new Error(secret), { status: 503, expose: false }), 503, 'internal', '1'],
  [Object.assign(new Error(secret), { statusCode: 501, expose: false }), 501, 'internal', null],
  [Object.assign(new Error(secret), { status: 200, expose: true }), 500, 'internal', null],
  // As clients throw it (axios, gaxios): what a downstream said to us.
  [Object.assign(new Error(secret), { status: 404, response: {} }), 500, 'internal', null],
  [Object.assign(new Error(secret), { statusCode: 404, expose: 1 }), 500, 'internal', null],
  [new BreakerOpenError('db'), 503, 'breaker_open', '1'],
  [new BulkheadFullError(1, 1), 503, 'bulkhead_full', '1'],
  [new CallTimeoutError(5), 504, 'call_timeout', null],
  [new HttpError(404), 502, 'http_status', null],
  [new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }), 502, 'internal', null],
])('%s is answered %i', async (thrown, status, code, retryAfter) => {
  const answer = await answerTo(thrown);
  expect(answer).toMatchObject({ status, retryAfter, type: 'application/problem+json' });
  expect(answer.body).toEqual({
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z][A-Za-z ]+$/),
    status,
    code,
    detail: expect.stringMatching(/its log/),
  });
  expect(answer.lines).toMatchObject([{ level: 'error', method: 'GET', route: '/orders/:id' }]);
});

test('the caller’s own faults are told, and not logged', async () => {
  const answer = await answerTo(
    Object.assign(new Error('no total'), { status: 422, code: 'no_total', expose: true }),
  );
  expect(answer).toMatchObject({ status: 422, body: { detail: 'no total', code: 'no_total' }, lines: [] });
  const plain = await answerTo(Object.assign(new Error('bad'), { status: 400, expose: true }));
  expect(plain).toMatchObject({ status: 400, body: { code: 'bad_request' } });
});

test('a path that can not be decoded is the caller’s fault', async () => {
  const answer = await answerTo(new Error(secret), false, {}, '/orders/%ff');
  expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request' }, lines: [] });
});

test('what was said of the answer that failed is not said of this one', async () => {
  const answer = await answerTo(new Error('broken'), false, {
    'Content-Length': '5',
    'Content-Encoding': 'br',
    'Content-Disposition': 'attachment',
    'Cache-Control': 'public, max-age=999',
    Expires: 'Thu, 01 Jan 2099 00:00:00 GMT',
    ETag: '"q"',
    'Last-Modified': 'Thu, 01 Jan 2015 00:00:00 GMT',
    'Content-Security-Policy': "default-src 'none'",
    'Access-Control-Allow-Origin': '*',
    Vary: 'Origin',
    Connection: 'close',
  });
  expect(answer.body).toMatchObject({ title: 'Internal error', status: 500 });
  const {
    'content-length': length,
    date,
    'x-powered-by': by,
    ...headers
  } = Object.fromEntries(answer.headers);
  expect(Number(length)).toBe(JSON.stringify(answer.body).length);
  expect([date, by]).toEqual([expect.any(String), 'Express']);
  expect(headers).toEqual({
    'content-security-policy': "default-src 'none'",
    'access-control-allow-origin': '*',
    vary: 'Origin',
    connection: 'close',
    'content-type': 'application/problem+json',
  });
});

test('the headers of an error that explain its status are sent, and no others', async () => {
  const headers = {
    ...{ 'Retry-After': 7, Allow: 'GET', 'X-RateLimit-Limit': '10', 'WWW-Authenticate': 'Bear\ner' },
    ...{ 'Content-Length': '3', 'Set-Cookie': 'a=b', 'Transfer-Encoding': 'chunked' },
  };
  const slow = await answerTo(Object.assign(new Error('slow down'), { status: 429, headers, expose: true }));
  expect(slow).toMatchObject({ status: 429, retryAfter: '7', body: { title: 'Too Many Requests' } });
  expect(slow.headers.get('allow')).toBe('GET');
  expect(slow.headers.get('x-ratelimit-limit')).toBe('10');
  for (const name of ['set-cookie', 'www-authenticate']) expect(slow.headers.get(name)).toBeNull();
  const busy = await answerTo(
    Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': '9' }, expose: false }),
  );
  expect(busy.retryAfter).toBe('9');
});

test.each([
  ['expose is false', { status: 403, code: 'row_17', expose: false }],
  ['it comes from the system', { status: 404, code: 'ENOENT', syscall: 'stat', expose: true }],
])('callers are not told what is not for them: %s', async (_why, members) => {
  const answer = await answerTo(Object.assign(new Error('/srv/secret'), members));
  const { status } = members;
  const title = status === 403 ? 'Not allowed' : 'Not found';
  expect(answer.body).toEqual({ type: 'about:blank', title, status, code: 'bad_request' });
});

test('half an answer does not pass for a whole one', async () => {
  await expect(answerTo(new Error('broken'), true)).rejects.toThrow();
});
