import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createLogger } from '../logger';
import { BreakerOpenError, BulkheadFullError, CallTimeoutError, HttpError } from '../resilience/errors';
import { createErrorHandler } from './error-handler';

async function answerTo(thrown: unknown, headersSent = false) {
  const lines: string[] = [];
  const logger = createLogger({
    service: 't',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  const app = express();
  app.get('/orders/:id', (_request, response) => {
    if (headersSent) response.write('half');
    throw thrown;
  });
  app.use(createErrorHandler(logger));
  const server = createServer(app);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/orders/7`);
    const text = await response.text();
    return {
      ...{ status: response.status, type: response.headers.get('content-type') },
      retryAfter: response.headers.get('retry-after'),
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
  [Object.assign(new Error(secret), { status: 503 }), 503, 'internal', '1'],
  [Object.assign(new Error(secret), { statusCode: 501 }), 501, 'internal', null],
  [Object.assign(new Error(secret), { status: 200 }), 500, 'internal', null],
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
    status,
    code,
    detail: expect.stringMatching(/its log/),
  });
  expect(answer.lines).toMatchObject([{ level: 'error', method: 'GET', route: '/orders/:id' }]);
});

test('the caller’s own faults are told, and not logged', async () => {
  const answer = await answerTo(Object.assign(new Error('no total'), { status: 422, code: 'no_total' }));
  expect(answer).toMatchObject({ status: 422, body: { detail: 'no total', code: 'no_total' }, lines: [] });
  const plain = await answerTo(Object.assign(new Error('bad'), { status: 400 }));
  expect(plain).toMatchObject({ status: 400, body: { code: 'bad_request' } });
});

test('half an answer does not pass for a whole one', async () => {
  await expect(answerTo(new Error('broken'), true)).rejects.toThrow();
});
