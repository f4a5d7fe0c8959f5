import { connect } from 'node:net';
import { Issuer, newKey, token } from '../../../cheer-kit/test/issuer';
import { eventually } from '../../../cheer-kit/test/wait';
import { post, type Reply } from '../../test/helpers/http-post';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import type { JwtVerifier } from '@selfcheer/cheer-kit';

const key = newKey('k1');
let issuer: Issuer;
let verifier: JwtVerifier;
let fixture: IngestFixture;
let port: number;

beforeEach(async () => {
  issuer = await Issuer.start(key);
});
afterEach(async () => {
  verifier.close();
  await issuer.close();
  await fixture.close();
  expect(fixture.memory.used).toBe(0);
});

async function start(): Promise<void> {
  verifier = await issuer.verifier();
  fixture = new IngestFixture({ jwt: verifier, cors: ['https://shop.example'] });
  port = await fixture.listen();
}

const send = (authorization?: string): Promise<Reply> =>
  post(port, '{"event_id":"a","payload":1}', {
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
  });

test('a token lets in, the first time and after it, and says the tenant', async () => {
  await start();
  const sent = `Bearer ${await token(key, { tenant: 'acme' })}`;
  expect([(await send(sent)).status, (await send(sent)).status]).toEqual([202, 202]);
  expect(fixture.acceptor.events[0]?.tenant).toBe('acme');
  expect(fixture.asked).toEqual(['acme normal', 'acme normal']);
});

test('without API keys a token is asked for all the same', async () => {
  await start();
  const missing = await send();
  expect(missing).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
  expect(missing.headers['www-authenticate']).toBe('Bearer realm="selfcheer"');
  expect(fixture.acceptor.events).toEqual([]);
});

test('who is denied is told why as RFC 6750 has it', async () => {
  await start();
  const expired = await send(`Bearer ${await token(key, { exp: 1 })}`);
  expect(expired).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
  expect(expired.json.detail).toMatch(/expired/);
  expect(expired.headers['www-authenticate']).toMatch(
    /^Bearer realm="selfcheer", error="invalid_token", error_description="[^"]*expired[^"]*"$/,
  );
  expect(await send(`Bearer ${await token(newKey('k1'))}`)).toMatchObject({ status: 401 });
  expect(await send(`Bearer ${await token(key, { roles: ['reader'] })}`)).toMatchObject({
    status: 403,
    json: { code: 'forbidden' },
  });
  expect(fixture.acceptor.events).toEqual([]);
  expect(fixture.observer.counts).toEqual({});
});

test('while its keys are out of reach a token is refused for now, and not for good', async () => {
  await issuer.close();
  await start();
  const reply = await send(`Bearer ${await token(key)}`);
  expect(reply).toMatchObject({ status: 503, json: { code: 'auth_unavailable' } });
  expect(reply.headers).toMatchObject({ 'retry-after': '10', ratelimit: '"auth_unavailable";r=0;t=10' });
  expect(fixture.observer.counts).toEqual({ 'http refused': 1 });
  expect(fixture.observer.sheds).toEqual([]);
});

test('a caller that leaves while its token is checked leaves nothing behind', async () => {
  let release = (): void => undefined;
  issuer.answer = (_request, response) => {
    release = () => response.end(JSON.stringify({ keys: issuer.keys }));
  };
  await start();
  const check = jest.spyOn(verifier, 'check');
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const body = '{"event_id":"a","payload":1}';
  const head = `POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  socket.write(`${head}\r\nauthorization: Bearer ${await token(key)}\r\n\r\n${body}`);
  await eventually(() => issuer.asked === 1 && check.mock.calls.length === 1);
  // One that only stops sending still wants its answer; this one is gone.
  socket.resetAndDestroy();
  const count = (): Promise<number> =>
    new Promise((resolve) => fixture.server.getConnections((_error, open) => resolve(open)));
  await eventually(async () => (await count()) === 0);
  release();
  expect(await send(`Bearer ${await token(key, { n: 1 })}`)).toMatchObject({ status: 202 });
  expect(fixture.acceptor.events).toHaveLength(1);
  expect(fixture.answered).toEqual(['POST 202']);
});

test('a body that comes before its token is checked is taken whole after it', async () => {
  let release = (): void => undefined;
  issuer.answer = (_request, response) => {
    release = () => response.end(JSON.stringify({ keys: issuer.keys }));
  };
  await start();
  const check = jest.spyOn(verifier, 'check');
  const sending = send(`Bearer ${await token(key)}`);
  await eventually(() => issuer.asked === 1 && check.mock.calls.length === 1);
  expect(fixture.acceptor.events).toEqual([]);
  release();
  expect(await sending).toMatchObject({ status: 202, json: { accepted: 1 } });
});
