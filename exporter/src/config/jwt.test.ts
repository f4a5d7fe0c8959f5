import { configSchema } from './schema';

const https = { issuer: 'https://id.example', audience: 'selfcheer', jwksUri: 'https://id.example/jwks' };
const problems = (value: object): string[] => {
  const { error } = configSchema.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
};

test('what is left out has the value that gateways have, too', () => {
  expect(configSchema.parse({ auth: { jwt: https } }).auth.jwt).toEqual({
    ...https,
    algorithms: ['RS256', 'ES256'],
    rolesClaim: 'roles',
    tenantClaim: 'tenant',
    clockToleranceSeconds: 30,
  });
  expect(configSchema.parse({}).auth.jwt).toBeUndefined();
});

test.each([
  [{ jwksUri: undefined }, /^auth\.jwt needs either jwksUri or jwksFile/],
  [{ jwksFile: 'keys.json' }, /^auth\.jwt needs either jwksUri or jwksFile/],
  [{ issuer: undefined }, /^auth\.jwt\.issuer/],
  [{ audience: '' }, /^auth\.jwt\.audience/],
  [{ algorithms: [] }, /^auth\.jwt\.algorithms/],
  [{ algorithms: ['none'] }, /^auth\.jwt\.algorithms\.0/],
  [{ algorithms: ['RS256', 'HS256'] }, /^auth\.jwt\.algorithms\.1/],
  [{ clockToleranceSeconds: 301 }, /^auth\.jwt\.clockToleranceSeconds/],
  [{ jwksUri: 'file:///etc/keys' }, /is not a URL/],
  [{ jwksUri: 'https://a:b@id.example/jwks' }, /credentials/],
  [{ jwksUri: 'http://id.example/jwks' }, /^auth\.jwt\.jwksUri is not https/],
  [{ jwksUri: 'http://localhost.evil.example/jwks' }, /is not https/],
])('%j is refused', (more, why) => {
  expect(problems({ auth: { jwt: { ...https, ...more } } })).toEqual([expect.stringMatching(why)]);
});

test.each([
  [{}, 'http://127.0.0.1:8089/jwks'],
  [{}, 'http://[::1]:8089/jwks'],
  [{ tls: 'mesh' }, 'http://keycloak.auth.svc/jwks'],
  [{ insecure: true }, 'http://id.example/jwks'],
])('with %j keys may come from %s', (more, jwksUri) => {
  expect(problems({ ...more, auth: { jwt: { ...https, jwksUri } } })).toEqual([]);
});

test('an origin of ingest.cors is one as browsers send it', () => {
  expect(problems({ ingest: { cors: ['https://shop.example'] } })).toEqual([]);
  for (const wrong of ['*', 'null', 'https://shop.example/']) {
    expect(problems({ ingest: { cors: [wrong] } })).toEqual([
      expect.stringMatching(/ingest\.cors\.0 is not an origin/),
    ]);
  }
});
