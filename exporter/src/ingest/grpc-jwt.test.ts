import { status } from '@grpc/grpc-js';
import type { JwtVerifier } from '@selfcheer/cheer-kit';
import { Issuer, newKey, token } from '../../../cheer-kit/test/issuer';
import { eventually } from '../../../cheer-kit/test/wait';
import { collect, detailsOf, eventBytes, GrpcFixture } from '../../test/helpers/grpc-fixture';

const ingest = 'selfcheer.v1.IngestService/Ingest';
const cheer = 'selfcheer.v1.CheerService/GetCheer';
const event = { event_id: 'a', payload: 'x' };
const key = newKey('k1');
let issuer: Issuer;
let verifier: JwtVerifier;
let fixture: GrpcFixture;

beforeEach(async () => {
  issuer = await Issuer.start(key);
});
afterEach(async () => {
  verifier.close();
  await issuer.close();
  await fixture.close();
  expect(fixture.ingest.memory.used).toBe(0);
});

async function start(): Promise<void> {
  verifier = await issuer.verifier();
  fixture = await new GrpcFixture({ jwt: verifier }).start();
}

const as = async (...args: Parameters<typeof token>): Promise<{ metadata: Record<string, string> }> => ({
  metadata: { authorization: `Bearer ${await token(...args)}` },
});

/** Keys come only when they are let go. */
function hold(): () => void {
  let release = (): void => undefined;
  issuer.answer = (_request, response) => {
    release = () => response.end(JSON.stringify({ keys: issuer.keys }));
  };
  return () => release();
}

test('a token lets in, the first time and after it, and says the tenant', async () => {
  await start();
  const sent = await as(key, { tenant: 'acme' });
  await fixture.call(ingest, event, sent);
  expect(await fixture.call(ingest, event, sent)).toMatchObject({ duplicate: true });
  expect(fixture.ingest.acceptor.events[0]?.tenant).toBe('acme');
  await fixture.call(cheer, {}, await as(key, { roles: 'reader' }));
});

test('no token, a foreign one, an expired one and one without the role do not', async () => {
  await start();
  const codes = [];
  for (const sent of [
    {},
    await as(newKey('k1')),
    await as(key, { exp: 1 }),
    await as(key, { aud: 'other' }),
    await as(key, { roles: ['reader'] }),
  ]) {
    const error = await fixture.failure(ingest, event, sent);
    codes.push(error.code);
    expect(detailsOf(error)['ErrorInfo']).toMatchObject({ domain: 'selfcheer' });
  }
  expect(codes).toEqual([16, 16, 16, 16, 7]);
  expect((await fixture.failure(cheer, {}, await as(key))).code).toBe(status.PERMISSION_DENIED);
  expect(fixture.ingest.acceptor.events).toEqual([]);
  expect(fixture.ingest.observer.counts).toEqual({});
});

test('while its keys are out of reach a token is refused for now, and not for good', async () => {
  await issuer.close();
  await start();
  const error = await fixture.failure(ingest, event, await as(key));
  expect(error.code).toBe(status.UNAVAILABLE);
  expect(detailsOf(error)).toMatchObject({
    ErrorInfo: { reason: 'AUTH_UNAVAILABLE' },
    RetryInfo: { retry_delay: { seconds: '10' } },
  });
  expect(fixture.ingest.observer.counts).toEqual({ 'grpc refused': 1 });
  // Reading the cheer is no ingest.
  expect((await fixture.failure(cheer, {}, await as(key, { roles: 'reader' }))).code).toBe(14);
  expect(fixture.ingest.observer.counts).toEqual({ 'grpc refused': 1 });
});

test('a message and a stream that come before their token is checked are taken after it', async () => {
  const release = hold();
  await start();
  const check = jest.spyOn(verifier, 'check');
  const sent = await as(key);
  const one = fixture.call(ingest, event, sent);
  const stream = fixture.ingestStream(sent.metadata);
  const streamed = collect(stream);
  stream.write(eventBytes({ ...event, event_id: 'b' }));
  stream.write(eventBytes({ ...event, event_id: 'c' }));
  stream.end();
  await eventually(() => issuer.asked === 1 && check.mock.calls.length === 2);
  expect(fixture.ingest.acceptor.events).toEqual([]);
  release();
  await one;
  const { answers, error } = await streamed;
  expect(error).toBeUndefined();
  expect(answers.map((each) => each['event_id'])).toEqual(['b', 'c']);
});

test('a call that is cancelled while its token is checked leaves nothing behind', async () => {
  const release = hold();
  await start();
  const check = jest.spyOn(verifier, 'check');
  const sent = await as(key);
  const stop = new AbortController();
  const cancelled = fixture.failure(ingest, event, { ...sent, signal: stop.signal });
  await eventually(() => issuer.asked === 1 && check.mock.calls.length === 1);
  stop.abort();
  expect((await cancelled).code).toBe(status.CANCELLED);
  await eventually(() => fixture.handled.length === 1);
  release();
  await fixture.call(ingest, { ...event, event_id: 'next' }, sent);
  expect(fixture.ingest.acceptor.events.map(({ id }) => id)).toEqual(['next']);
});
