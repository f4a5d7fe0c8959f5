import { hash, timingSafeEqual } from 'node:crypto';
import type { Authenticator, Credentials, Denial, Identity, Role } from './authenticator';
import { longestToken, type JwtVerifier } from './jwt';

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
/** Longer than any key; what is longer is not worth hashing. Characters. */
const longestKey = 1024;

/** For `createAuthenticator`. */
export interface AuthenticatorOptions {
  readonly apiKeys: readonly ApiKey[];
  /** Checks tokens; they are not accepted when absent. */
  readonly jwt?: JwtVerifier | undefined;
}

/**
 * API keys as `Authorization: Bearer KEY` (RFC 6750) or `X-API-Key: KEY`, and tokens as `Authorization: Bearer TOKEN`. Only
 * SHA-256 digests of keys are kept: a key is random, so a slow hash would protect nothing more and cost every request.
 * Without any key and without `jwt` everyone is anonymous.
 *
 * @throws RangeError for a digest that is no SHA-256 in lower-case hex
 */
export function createAuthenticator({ apiKeys, jwt }: AuthenticatorOptions): Authenticator {
  if (apiKeys.length === 0 && !jwt) return { authenticate: () => anonymous };
  const known = apiKeys.map(({ name, tenant = 'default', roles, sha256 }) => {
    if (!sha256Hex.test(sha256)) {
      throw new RangeError(`sha256 of the key ${name} must be 64 lower-case hex digits: those of sha256sum`);
    }
    return { digest: Buffer.from(sha256, 'hex'), identity: Object.freeze({ name, tenant, roles }) };
  });
  return {
    authenticate(credentials: Credentials): Identity | Denial | Promise<Identity | Denial> {
      const { authorization, apiKey } = credentials;
      if (authorization === undefined && apiKey === undefined) return 'missing';
      const key = authorization === undefined ? apiKey : bearer.exec(authorization)?.[1];
      const tokens = authorization === undefined ? undefined : jwt;
      if (key === undefined || key.length > (tokens ? longestToken : longestKey)) return 'invalid';
      const digest = hash('sha256', key, 'buffer');
      const tokenDigest = tokens && digest.toString('latin1');
      const seen = tokenDigest && tokens.known(tokenDigest);
      if (seen) return seen;
      let found: Identity | undefined;
      // All are compared, so that the time taken does not tell which one nearly fitted.
      for (const { digest: one, identity } of known) if (timingSafeEqual(one, digest)) found = identity;
      return found ?? (tokenDigest ? tokens.check(key, tokenDigest) : 'invalid');
    },
  };
}
