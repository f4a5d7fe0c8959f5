import { post, type Reply } from '../../test/helpers/http-post';
import { IngestFixture, type IngestFixtureOptions } from '../../test/helpers/ingest-fixture';
import { refusal } from './intake';

const shop = 'https://shop.example';
const json = { 'content-type': 'application/json' };
let fixture: IngestFixture;
let port: number;
const start = async (options: IngestFixtureOptions): Promise<void> => {
  fixture = new IngestFixture(options);
  port = await fixture.listen();
};
afterEach(() => fixture.close());

const send = (headers: Record<string, string>, body = '{"event_id":"a","payload":1}'): Promise<Reply> =>
  post(port, body, { headers: { ...json, ...headers } });
const preflight = (origin: string, header = 'content-type'): Promise<Reply> =>
  post(port, '', {
    method: 'OPTIONS',
    headers: {
      ...{ origin, 'access-control-request-method': 'POST' },
      'access-control-request-headers': header,
    },
  });

test('a page of an allowed origin may send, and read when to come back', async () => {
  await start({ cors: [shop], tenants: { default: { eventsPerSecond: 100 } } });
  const asked = await preflight(shop);
  expect(asked).toMatchObject({ status: 204, text: '' });
  expect(asked.headers).toMatchObject({
    'access-control-allow-origin': shop,
    'access-control-allow-methods': 'POST',
    'access-control-max-age': '600',
  });
  expect(asked.headers).not.toHaveProperty('content-length');
  expect(asked.headers['access-control-allow-headers']?.toLowerCase().split(',')).toEqual(
    expect.arrayContaining(['authorization', 'content-type', 'x-api-key', 'traceparent', 'ce-id']),
  );
  const sent = await send({ origin: shop });
  expect(sent.status).toBe(202);
  expect(sent.headers['access-control-allow-origin']).toBe(shop);
  expect(sent.headers['access-control-expose-headers']).toMatch(/Retry-After,RateLimit,RateLimit-Policy/);
  expect(sent.headers.vary).toBe('Origin');
  expect(sent.headers).not.toHaveProperty('access-control-allow-credentials');
  expect(fixture.answered).toEqual(['OPTIONS 204', 'POST 202']);
});

test.each([
  'null',
  'http://shop.example',
  'https://shop.example:444',
  'https://shop.example.evil.example',
  '*',
])('the origin %s is not allowed', async (origin) => {
  await start({ cors: [shop] });
  expect((await preflight(origin)).headers).not.toHaveProperty('access-control-allow-origin');
  expect((await send({ origin })).headers).not.toHaveProperty('access-control-allow-origin');
});

test('refusals and problems can be read too', async () => {
  await start({ cors: [shop], apiKeys: [{ name: 'a', sha256: 'a'.repeat(64), roles: [], tenant: 'a' }] });
  expect(await send({ origin: shop })).toMatchObject({
    status: 401,
    headers: { 'access-control-allow-origin': shop },
  });
  // A preflight never carries credentials.
  expect((await preflight(shop, 'authorization')).status).toBe(204);
});

test('being overloaded can be read too', async () => {
  await start({ cors: [shop] });
  fixture.gate = refusal('draining', 'later');
  expect(await send({ origin: shop })).toMatchObject({
    status: 503,
    headers: { 'access-control-allow-origin': shop, 'retry-after': '5' },
  });
});

test('without an origin in the configuration nobody is allowed, and OPTIONS is no method', async () => {
  await start({});
  const asked = await preflight(shop);
  expect(asked).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  expect((await send({ origin: shop })).headers).not.toHaveProperty('access-control-allow-origin');
});

test('OPTIONS of who is no page stays refused', async () => {
  await start({ cors: [shop] });
  expect(await post(port, '', { method: 'OPTIONS', headers: {} })).toMatchObject({
    status: 405,
    headers: { allow: 'POST, OPTIONS' },
  });
});
