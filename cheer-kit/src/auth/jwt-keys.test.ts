import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Issuer, jwkOf, newKey, token, type Claims, type IssuerKey } from '../../test/issuer';
import { ManualClock } from '../clock';
import { createAuthenticator } from './api-keys';
import type { JwtOptions, JwtVerifier } from './jwt';

const old = newKey('old');
const fresh = newKey('fresh');
let issuer: Issuer;
let verifier: JwtVerifier | undefined;
let clock: ManualClock;
const problems: string[] = [];

beforeEach(async () => {
  issuer = await Issuer.start(old);
  clock = new ManualClock(Date.now());
  problems.length = 0;
});
afterEach(async () => {
  verifier?.close();
  await issuer.close();
});

type Show = (key: IssuerKey, more?: Claims) => Promise<unknown>;

async function opened(options: Partial<JwtOptions> = {}): Promise<Show> {
  const onProblem = (error: Error): void => void problems.push(error.message);
  verifier = await issuer.verifier({ clock, onProblem, ...options });
  const { authenticate } = createAuthenticator({ apiKeys: [], jwt: verifier });
  return async (key, more) => authenticate({ authorization: `Bearer ${await token(key, more)}` });
}

const web = expect.objectContaining({ name: 'web' }) as unknown;

test('a key that is new at the issuer is found, and the old one goes on as long as it is there', async () => {
  const show = await opened();
  expect(await show(old)).toEqual(web);
  issuer.keys = [jwkOf(old), jwkOf(fresh)];
  clock.advance(10);
  expect(await show(fresh)).toEqual(web);
  expect(await show(old)).toEqual(web);
  expect(issuer.asked).toBe(2);
});

test('a key that is taken back takes its tokens along, those that are known too', async () => {
  const show = await opened();
  const { authenticate } = createAuthenticator({ apiKeys: [], jwt: verifier });
  const authorization = `Bearer ${await token(old)}`;
  await authenticate({ authorization });
  expect(authenticate({ authorization })).toEqual(web);
  issuer.keys = [jwkOf(fresh)];
  clock.advance(10);
  expect(await show(fresh)).toEqual(web);
  expect(await authenticate({ authorization })).toBe('invalid');
});

test('a thousand tokens with keys that nobody knows ask for them once in ten seconds', async () => {
  const show = await opened();
  const strangers = Array.from({ length: 20 }, (_, n) => ({ ...fresh, kid: `kid-${n}` }));
  const flood = async (): Promise<Set<unknown>> => {
    const outcomes = new Set<unknown>();
    for (let n = 0; n < 50; n++) {
      for (const each of await Promise.all(strangers.map((key) => show(key, { n })))) outcomes.add(each);
    }
    return outcomes;
  };
  expect(await flood()).toEqual(new Set(['invalid']));
  expect(issuer.asked).toBe(1);
  clock.advance(9.9);
  expect(await show(fresh)).toBe('invalid');
  expect(issuer.asked).toBe(1);
  clock.advance(0.2);
  expect(await flood()).toEqual(new Set(['invalid']));
  expect(issuer.asked).toBe(2);
}, 60_000);

const wrong: readonly [string, (issuer: Issuer) => unknown, RegExp][] = [
  ['is away', (one) => one.close(), /Can't read the keys at http:\/\/127\.0\.0\.1:\d+\/jwks\.json/],
  ['answers 500', (one) => (one.answer = (_, response) => response.writeHead(500).end('{}')), /answered 500/],
  [
    'sends elsewhere',
    (one) => (one.answer = (_, response) => response.writeHead(302, { location: '/x' }).end()),
    /answered 302/,
  ],
  ['answers HTML', (one) => (one.answer = (_, response) => response.end('<html>')), /not JSON/],
  ['answers null', (one) => (one.answer = (_, response) => response.end('null')), /no JWK Set/],
  ['answers other JSON', (one) => (one.answer = (_, response) => response.end('{"keys":7}')), /no JWK Set/],
  ['has no key', (one) => (one.keys = []), /no public key/],
  ['has secrets only', (one) => (one.keys = [{ kty: 'oct', k: 'c2VjcmV0', kid: 'fresh' }]), /no public key/],
  [
    'has private keys only',
    (one) => (one.keys = [{ ...fresh.privateKey.export({ format: 'jwk' }), kid: 'fresh' } as never]),
    /no public key/,
  ],
  ['has weak keys only', (one) => (one.keys = [jwkOf(newKey('weak', 'RS256', 1024))]), /no public key/],
  [
    'has damaged keys only',
    (one) => (one.keys = [{ kty: 'EC', crv: 'P-256', x: 'AA', kid: 'fresh' }]),
    /no public/,
  ],
  [
    'has thousands',
    (one) => (one.keys = Array.from({ length: 3000 }, (_, n) => ({ ...jwkOf(fresh), kid: `${n}` }))),
    /3000 keys/,
  ],
  [
    'never ends',
    (one) =>
      (one.answer = (_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
        };
        response.on('drain', more);
        more();
      }),
    /more than 1048576 bytes/,
  ],
];

test.each(wrong)(
  'while the issuer %s, known keys go on, and others can not be told',
  async (_, happens, why) => {
    const show = await opened();
    expect(await show(old, { n: 1 })).toEqual(web);
    await happens(issuer);
    clock.advance(10);
    expect(await show(fresh, { n: 2 })).toBe('unavailable');
    expect(await show(old, { n: 3 })).toEqual(web);
    clock.advance(10);
    expect(await show(fresh, { n: 4 })).toBe('unavailable');
    expect(problems).toEqual([expect.stringMatching(why)]);
  },
);

test.each([
  ['does not answer', (): void => undefined],
  ['answers in drops', (_: unknown, response: { write(text: string): unknown }) => void response.write('{')],
])('an issuer that %s holds nobody up for long', async (_, answer) => {
  issuer.answer = answer;
  const show = await opened({ timeoutSeconds: 0.5 });
  expect(await Promise.all([show(old), show(fresh)])).toEqual(['unavailable', 'unavailable']);
  // Within the ten seconds nobody waits, and nobody asks.
  expect(await show(old)).toBe('unavailable');
  expect(issuer.asked).toBeLessThanOrEqual(1);
});

test('an issuer that is away at the start is asked again, and said to be away once', async () => {
  await issuer.close();
  const show = await opened();
  expect(await show(old)).toBe('unavailable');
  await issuer.listen();
  expect(await show(old)).toBe('unavailable');
  clock.advance(10);
  expect(await show(old)).toEqual(web);
  expect(problems).toHaveLength(1);
});

test('keys of no use are passed over', async () => {
  issuer.keys = [{ kty: 'oct', k: 'eA' }, null as never, 7 as never, { kty: 'new' }, jwkOf(old)];
  const show = await opened();
  expect(await show(old)).toEqual(web);
});

test('a token without kid has the only key that fits; with two it has none', async () => {
  const show = await opened();
  expect(await show({ ...old, kid: undefined as never })).toEqual(web);
  issuer.keys = [jwkOf(old), jwkOf(fresh)];
  clock.advance(10);
  expect(await show(fresh)).toEqual(web);
  expect(await show({ ...old, kid: undefined as never }, { n: 1 })).toBe('invalid');
});

test('keys may be in a file, which is followed, and which must be there at the start', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'selfcheer-keys-'));
  const file = join(directory, 'jwks.json');
  await expect(opened({ keys: { file } })).rejects.toThrow(/Can't read the keys at .*ENOENT/);
  await writeFile(file, '{}');
  await expect(opened({ keys: { file } })).rejects.toMatchObject({ code: 'keys_unusable' });
  await writeFile(file, JSON.stringify({ keys: [jwkOf(old)] }));
  const show = await opened({ keys: { file } });
  expect(await show(old)).toEqual(web);
  await writeFile(file, JSON.stringify({ keys: [jwkOf(fresh)] }));
  clock.advance(10);
  expect(await show(fresh)).toEqual(web);
  await rm(directory, { recursive: true });
});
