import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audience, Issuer, jwkOf, name, newKey, token } from '../../../cheer-kit/test/issuer';
import { configSchema, type AuthConfig } from '../config/schema';
import { UsageError } from '../errors';
import { openAuthentication } from './authentication';

const key = newKey('k1');
const auth = (more: object): AuthConfig =>
  configSchema.parse({ auth: { jwt: { issuer: name, audience, ...more } } }).auth;
const never = (error: Error): never => {
  throw error;
};

test('claims are read as the configuration says, with keys from a file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'selfcheer-auth-'));
  const jwksFile = join(directory, 'keys.json');
  await expect(openAuthentication(auth({ jwksFile }), () => undefined)).rejects.toThrow(UsageError);
  await writeFile(jwksFile, JSON.stringify({ keys: [jwkOf(key)] }));
  const config = auth({ jwksFile, rolesClaim: 'scope', tenantClaim: 'org', algorithms: ['ES256'] });
  const { authenticator, close } = await openAuthentication(config, never);
  const authorization = `Bearer ${await token(key, { scope: 'reader openid', org: 'acme' })}`;
  expect(await authenticator.authenticate({ authorization })).toEqual({
    ...{ name: 'web', tenant: 'acme' },
    roles: ['reader'],
  });
  expect(authenticator.authenticate({})).toBe('missing');
  close();
  await rm(directory, { recursive: true });
});

test('keys at an address need not be there at the start', async () => {
  const issuer = await Issuer.start(key);
  await issuer.close();
  const problems: Error[] = [];
  const { authenticator, close } = await openAuthentication(auth({ jwksUri: issuer.uri }), (error) =>
    problems.push(error),
  );
  const authorization = `Bearer ${await token(key)}`;
  expect(await authenticator.authenticate({ authorization })).toBe('unavailable');
  expect(problems).toHaveLength(1);
  close();
});

test('without keys and tokens everybody is let in', async () => {
  const { authenticator } = await openAuthentication(configSchema.parse({}).auth, never);
  expect(authenticator.authenticate({})).toMatchObject({ name: 'anonymous' });
});
