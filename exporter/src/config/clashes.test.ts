import { configSchema } from './schema';

const problems = (config: unknown): string[] =>
  configSchema.safeParse(config).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ??
  [];

describe('addresses', () => {
  it.each([
    [{ http: '127.0.0.1:9000', admin: '127.0.0.1:9000' }, 'admin'],
    [{ http: '127.0.0.1:9000', grpc: '127.0.0.1:9000' }, 'grpc'],
    [{ grpc: 'LocalHost:9000', admin: 'localhost:09000' }, 'admin'],
    [{ grpc: '0.0.0.0:9000', admin: '127.0.0.1:9000' }, 'admin'],
    [{ grpc: '10.0.0.1:9000', admin: '[::]:9000' }, 'admin'],
    [{ grpc: '[0:0::1]:9000', admin: '[::1]:9000' }, 'admin'],
    [{ grpc: '[::]:9000', admin: '[fe80::1]:9000' }, 'admin'],
    [{ grpc: '0.0.0.0:9000', admin: 'localhost:9000' }, 'admin'],
  ])('%j can not both listen', (addresses, second) => {
    const [problem, ...others] = problems(addresses);
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${second} is where (http|grpc) listens`));
  });

  it.each([
    [{ http: '127.0.0.1:0', grpc: '127.0.0.1:0', admin: '127.0.0.1:0' }],
    [{ http: '127.0.0.1:9000', grpc: '127.0.0.2:9000', admin: '[::1]:9000' }],
    [{ http: '0.0.0.0:9000', admin: '[::1]:9000' }],
  ])('%j can all listen', (addresses) => {
    expect(problems(addresses)).toEqual([]);
  });
});

describe('API keys', () => {
  const key = (name: string, sha256: string, tenant = 'default') => ({
    ...{ name, sha256, tenant },
    roles: ['producer'],
  });

  it('may not be one key twice: which tenant and roles it has would be anybody’s guess', () => {
    const apiKeys = [
      key('a', 'a'.repeat(64)),
      key('b', 'b'.repeat(64)),
      key('c', 'a'.repeat(64), 'other'),
      key('d', 'a'.repeat(64)),
    ];
    expect(problems({ auth: { apiKeys } })).toEqual([
      'auth.apiKeys.2.sha256 is the key of "a" already: give each its own',
      'auth.apiKeys.3.sha256 is the key of "a" already: give each its own',
    ]);
    expect(problems({ auth: { apiKeys: apiKeys.slice(0, 2) } })).toEqual([]);
  });
});

describe('consul.agent', () => {
  it.each(['http://user:hunter2@host:8500', 'http://user@host', 'https://:hunter2@host'])(
    '%s holds credentials',
    (agent) => {
      expect(problems({ consul: { agent } })).toEqual([
        'consul.agent holds credentials, which are not masked: put an ACL token into `consul.token`',
      ]);
    },
  );

  it('is a URL', () => {
    expect(problems({ consul: { agent: 'host:8500' } })).toHaveLength(1);
    expect(problems({ consul: { agent: 'https://host:8500/@' } })).toEqual([]);
  });
});
