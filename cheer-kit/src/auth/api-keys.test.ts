import { hash } from 'node:crypto';
import { createAuthenticator } from './api-keys';

const sha256 = (key: string): string => hash('sha256', key, 'hex');

describe('createAuthenticator', () => {
  const authenticator = createAuthenticator({
    apiKeys: [
      { name: 'web', sha256: sha256('k1'), roles: ['producer'], tenant: 'acme' },
      { name: 'ops', sha256: sha256('k2'), roles: ['reader', 'operator'], tenant: 'default' },
    ],
  });
  const web = { name: 'web', tenant: 'acme', roles: ['producer'] };
  const ops = { name: 'ops', tenant: 'default', roles: ['reader', 'operator'] };

  test.each([
    [{ authorization: 'Bearer k1' }, web],
    [{ authorization: 'bearer  k2 ' }, ops],
    [{ apiKey: 'k1' }, web],
    [{ authorization: 'Bearer k2', apiKey: 'k1' }, ops],
    [{}, 'missing'],
    [{ authorization: undefined, apiKey: undefined }, 'missing'],
    [{ authorization: '' }, 'invalid'],
    [{ authorization: 'Bearer' }, 'invalid'],
    [{ authorization: 'Bearer k3' }, 'invalid'],
    [{ authorization: 'Bearer k1 k1' }, 'invalid'],
    [{ authorization: 'Basic k1' }, 'invalid'],
    [{ authorization: 'Bearer nope', apiKey: 'k1' }, 'invalid'],
    [{ apiKey: '' }, 'invalid'],
    [{ apiKey: sha256('k1') }, 'invalid'],
    [{ apiKey: 'k'.repeat(2000) }, 'invalid'],
  ])('%j', (credentials, expected) => {
    expect(authenticator.authenticate(credentials)).toEqual(expected);
  });

  it.each(['', 'abc', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), `${'a'.repeat(63)}x`])(
    'refuses a digest that fits no key: %p',
    (digest) => {
      const create = () => createAuthenticator({ apiKeys: [{ name: 'web', sha256: digest, roles: [] }] });
      expect(create).toThrow(RangeError);
      expect(create).toThrow(/web.*64/);
    },
  );

  it('has a tenant for who has only one', () => {
    const one = createAuthenticator({ apiKeys: [{ name: 'web', sha256: sha256('k1'), roles: ['reader'] }] });
    expect(one.authenticate({ apiKey: 'k1' })).toEqual({ name: 'web', tenant: 'default', roles: ['reader'] });
  });

  it('lets everyone do everything when no key is configured', () => {
    expect(createAuthenticator({ apiKeys: [] }).authenticate({})).toMatchObject({
      name: 'anonymous',
      roles: ['producer', 'reader', 'operator'],
    });
  });
});
