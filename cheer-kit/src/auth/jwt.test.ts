import { createHmac } from 'node:crypto';
import { UnsecuredJWT, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { audience, inSeconds, Issuer, jwkOf, name, newKey, token, type Claims } from '../../test/issuer';
import { ManualClock } from '../clock';
import { createAuthenticator } from './api-keys';
import { JwtVerifier, type JwtOptions } from './jwt';

const key = newKey('k1');
const rsa = newKey('r1', 'RS256');
const foreign = newKey('k1');
let issuer: Issuer;
let verifier: JwtVerifier | undefined;

beforeEach(async () => (issuer = await Issuer.start(key, rsa)));
afterEach(async () => {
  verifier?.close();
  await issuer.close();
});

type Who = ReturnType<ReturnType<typeof createAuthenticator>['authenticate']>;

async function opened(options: Partial<JwtOptions> = {}): Promise<(jwt: string) => Who> {
  const jwt = (verifier = await issuer.verifier(options));
  const authenticator = createAuthenticator({ apiKeys: [], jwt });
  return (sent) => authenticator.authenticate({ authorization: `Bearer ${sent}` });
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (): JWTPayload => ({ iss: name, aud: audience, sub: 'web', exp: inSeconds(300) });

test.each([key, rsa])('a token of the issuer says who it is, tenant and roles included', async (signedBy) => {
  const who = await opened();
  const sent = await token(signedBy, { tenant: 'acme', roles: ['producer', 'admin', 'reader'] });
  expect(await who(sent)).toEqual({ name: 'web', tenant: 'acme', roles: ['producer', 'reader'] });
});

const accepted: readonly [string, Claims, object][] = [
  ['an audience among others', { aud: ['other', audience] }, {}],
  ['an expiry within the tolerance', { exp: inSeconds(-5) }, {}],
  ['a beginning within the tolerance', { nbf: inSeconds(20) }, {}],
  ['roles as a text', { roles: 'producer openid' }, {}],
  ['a nested claim', { roles: undefined, realm: { roles: ['producer'] } }, { rolesClaim: 'realm.roles' }],
  ['a claim with dots', { 'https://a.b/r': ['producer'] }, { rolesClaim: 'https://a.b/r' }],
  ['a client instead of a subject', { sub: undefined, client_id: 'web' }, {}],
];
test.each(accepted)('%s is accepted', async (_name, more, options) => {
  const who = await opened(options);
  expect(await who(await token(key, more))).toEqual({ name: 'web', tenant: 'default', roles: ['producer'] });
});

const denied: readonly [string, string, Claims][] = [
  ['expired', 'an expiry that is past', { exp: inSeconds(-31) }],
  ['not_yet_valid', 'a beginning to come', { nbf: inSeconds(60) }],
  ['wrong_issuer', 'another issuer', { iss: 'https://evil.example' }],
  ['wrong_issuer', 'no issuer', { iss: undefined }],
  ['wrong_audience', 'another audience', { aud: 'other' }],
  ['wrong_audience', 'other audiences', { aud: ['other', 'selfcheer2'] }],
  ['wrong_audience', 'no audience', { aud: undefined }],
  ['invalid', 'no expiry', { exp: undefined }],
  ['invalid', 'an expiry that is a text', { exp: '9999999999' }],
  ['invalid', 'no name', { sub: undefined }],
  ['invalid', 'a name that would break a log line', { sub: 'web\nroot' }],
  ['invalid', 'a tenant that is none', { tenant: ['acme'] }],
  ['invalid', 'an empty tenant', { tenant: '' }],
];
test.each(denied)('%s: %s', async (denial, _name, more) => {
  const who = await opened();
  const sent = await token(key, more);
  expect([await who(sent), await who(sent)]).toEqual([denial, denial]);
});

test('what every object has is no claim', async () => {
  const who = await opened({ tenantClaim: 'constructor.name', rolesClaim: 'toString' });
  expect(await who(await token(key))).toMatchObject({ tenant: 'default', roles: [] });
});

test('what is not signed by a key of the issuer is nothing', async () => {
  const who = await opened({ clock: new ManualClock(Date.now()) });
  const [head, body, signature] = (await token(key)).split('.') as [string, string, string];
  const other = base64({ ...claims(), roles: ['operator'] });
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const withSecret = (secret: string | Buffer): string => {
    const signed = `${base64({ alg: 'HS256', kid: 'r1' })}.${base64(claims())}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  const forged = [
    new UnsecuredJWT(claims()).encode(),
    `${base64({ alg: 'None', kid: 'k1' })}.${body}.`,
    `${base64({ alg: 'none', kid: 'k1' })}.${body}.${signature}`,
    withSecret(pem),
    withSecret(JSON.stringify(jwkOf(rsa))),
    withSecret(''),
    await token(foreign),
    `${head}.${other}.${signature}`,
    `${head}.${body}.`,
    `${head}.${body}.${signature.slice(0, -4)}`,
    // RS256 with an elliptic key, ES256 with an RSA key, and what is genuine but not pinned.
    `${base64({ alg: 'RS256', kid: 'k1' })}.${body}.${signature}`,
    `${base64({ alg: 'ES256', kid: 'r1' })}.${body}.${signature}`,
    await token(rsa, {}, { alg: 'RS512' }),
    '..',
    'eyJ.eyJ.eyJ',
    `${head}..${signature}`,
    `${head}.${body}.${signature}.${signature}.${signature}`,
  ];
  expect(await Promise.all(forged.map(async (each) => who(each)))).toEqual(forged.map(() => 'invalid'));
  expect(issuer.asked).toBe(1);
});

test('a genuine signature counts only with an algorithm that is pinned', async () => {
  const { alg: _, ...anyRsa } = jwkOf(rsa);
  issuer.keys = [anyRsa];
  const sent = await token(rsa, {}, { alg: 'RS512' });
  expect(await (await opened())(sent)).toBe('invalid');
  verifier?.close();
  expect(await (await opened({ algorithms: ['RS512'] }))(sent)).toMatchObject({ name: 'web' });
});

test('a header chooses no key of its own, and no place to take one from', async () => {
  const evil = await Issuer.start(foreign);
  const who = await opened();
  const headers: Partial<JWTHeaderParameters>[] = [
    { jku: evil.uri },
    { jwk: jwkOf(foreign) },
    { x5u: evil.uri },
    { kid: '../../../dev/null' },
    { kid: '__proto__' },
    { kid: "' OR 1=1" },
    { kid: 7 as never },
    { kid: { toString: 'k1' } as never },
    { kid: ['k1'] as never },
    { kid: undefined as never },
    { crit: ['exp'], exp: 1 },
    { crit: ['b64'], b64: false as never },
  ];
  const sent = await Promise.all(headers.map((header) => token(foreign, {}, header).catch(() => 'e.y.J')));
  expect(await Promise.all(sent.map(async (each) => who(each)))).toEqual(headers.map(() => 'invalid'));
  expect(evil.asked).toBe(0);
  await evil.close();
});

test('a critical extension that nobody here knows denies a genuine token', async () => {
  const who = await opened();
  const { SignJWT } = await import('jose');
  const sent = await new SignJWT(claims())
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', crit: ['urn:x'], 'urn:x': 1 })
    .sign(key.privateKey, { crit: { 'urn:x': true } });
  expect(await who(sent)).toBe('invalid');
});

test('a token longer than any is not looked at', async () => {
  const who = await opened();
  expect(who(await token(key, { more: 'x'.repeat(12 * 1024) }))).toBe('invalid');
  expect(await who(await token(key, { more: 'x'.repeat(6 * 1024) }))).toMatchObject({ name: 'web' });
});

test('a token is known at once from the second time on, and never beyond its expiry', async () => {
  const clock = new ManualClock(Date.now());
  const who = await opened({ clock, clockToleranceSeconds: 0 });
  const sent = await token(key, { exp: Math.floor(clock.now() / 1000) + 60 });
  const first = who(sent);
  expect(first).toBeInstanceOf(Promise);
  expect(who(sent)).toBe(first);
  const identity = await first;
  expect(who(sent)).toBe(identity);
  clock.advance(61);
  expect(await who(sent)).toBe('expired');
});

test('no more than so many are remembered', async () => {
  const jwt = (verifier = await issuer.verifier());
  const sent = await token(rsa);
  for (let n = 0; n < 10_050; n++) await jwt.check(sent, String(n));
  expect([jwt.known('49'), jwt.known('50'), jwt.known('10049')]).toEqual([
    undefined,
    expect.objectContaining({ name: 'web' }),
    expect.objectContaining({ name: 'web' }),
  ]);
}, 60_000);

test('no more than so many are checked at a time', async () => {
  issuer.answer = () => undefined;
  const jwt = (verifier = await issuer.verifier());
  const sent = await token(key);
  const waiting = Array.from({ length: 1_024 }, (_, n) => jwt.check(sent, String(n)));
  expect(jwt.check(sent, 'one more')).toBe('unavailable');
  jwt.close();
  expect(new Set(await Promise.all(waiting.map(async (each) => each)))).toEqual(new Set(['unavailable']));
});

test('API keys stay, at once, and a token is taken as Bearer only', async () => {
  const jwt = (verifier = await issuer.verifier());
  const { authenticate } = createAuthenticator({
    apiKeys: [
      {
        ...{ name: 'cron', roles: ['producer'] },
        sha256: '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8',
      },
    ],
    jwt,
  });
  expect(authenticate({ apiKey: 'password' })).toMatchObject({ name: 'cron' });
  expect(authenticate({ authorization: 'Bearer password' })).toMatchObject({ name: 'cron' });
  const sent = await token(key);
  expect(authenticate({ apiKey: sent })).toBe('invalid');
  expect(await authenticate({ authorization: `Bearer ${sent}`, apiKey: 'password' })).toMatchObject({
    name: 'web',
  });
  expect(authenticate({})).toBe('missing');
  expect(await authenticate({ authorization: 'Bearer other' })).toBe('invalid');
});

test.each([
  { algorithms: [] },
  { algorithms: ['none'] },
  { algorithms: ['RS256', 'HS256'] },
  { issuer: '' },
  { audience: '' },
])('%j is refused', async (options) => {
  await expect(issuer.verifier(options as Partial<JwtOptions>)).rejects.toThrow(RangeError);
});
