import { hash, timingSafeEqual } from 'node:crypto';
import type { Authenticator, Credentials, Identity, Role } from './authenticator';

/** A key as the configuration holds it. */
export interface ApiKey {
  /** Who holds it; shown in logs and audits. */
  readonly name: string;
  /** Of the key, lower-case hex. The key itself is never stored. */
  readonly sha256: string;
  readonly roles: readonly Role[];
  /** `default` when absent. */
  readonly tenant?: string;
}

/** Everything is allowed: a service without keys must bind to loopback only. */
const anonymous: Identity = {
  name: 'anonymous',
  tenant: 'default',
  roles: ['producer', 'reader', 'operator'],
};
const bearer = /^bearer +(\S+) *$/i;
const sha256Hex = /^[0-9a-f]{64}$/;
/** Longer than any key; what is longer is not worth hashing. */
const longestKey = 1024;

/**
 * API keys as `Authorization: Bearer KEY` (RFC 6750) or `X-API-Key: KEY`. Only SHA-256 digests are kept: a key is
 * random, so a slow hash would protect nothing more and cost every request. Without any key everyone is anonymous.
 *
 * @throws RangeError for a digest that is no SHA-256 in lower-case hex
 */
export function createAuthenticator(config: { readonly apiKeys: readonly ApiKey[] }): Authenticator {
  if (config.apiKeys.length === 0) return { authenticate: () => anonymous };
  const known = config.apiKeys.map(({ name, tenant = 'default', roles, sha256 }) => {
    if (!sha256Hex.test(sha256)) {
      throw new RangeError(`sha256 of the key ${name} must be 64 lower-case hex digits: those of sha256sum`);
    }
    return { digest: Buffer.from(sha256, 'hex'), identity: Object.freeze({ name, tenant, roles }) };
  });
  return {
    authenticate(credentials: Credentials): Identity | 'missing' | 'invalid' {
      const { authorization, apiKey } = credentials;
      if (authorization === undefined && apiKey === undefined) return 'missing';
      const key = authorization === undefined ? apiKey : bearer.exec(authorization)?.[1];
      if (key === undefined || key.length > longestKey) return 'invalid';
      const digest = hash('sha256', key, 'buffer');
      let found: Identity | undefined;
      // All are compared, so that the time taken does not tell which one nearly fitted.
      for (const { digest: one, identity } of known) if (timingSafeEqual(one, digest)) found = identity;
      return found ?? 'invalid';
    },
  };
}
