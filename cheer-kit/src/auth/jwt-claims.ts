import type { JWTPayload } from 'jose';
import { roles, type Identity } from './authenticator';

/** Which claims say what a caller may do. */
export interface ClaimNames {
  /** A list of texts, or texts parted by spaces; those that are no roles here are passed over. */
  readonly roles: string;
  /** A text; `default` for tokens without it. */
  readonly tenant: string;
}

/** Characters; both become keys of maps, parts of records and words in logs. */
const longestName = 256;

/**
 * Who a token speaks of, once its signature and times were found good. The name is `sub`, else `client_id` (RFC 9068),
 * else `azp`. Undefined when it has no name, or a tenant that is none: falling back to the default one would let it use
 * up what is meant for others.
 */
export function identityOf(payload: JWTPayload, names: ClaimNames): Identity | undefined {
  const name = payload.sub ?? payload['client_id'] ?? payload['azp'];
  const tenant = claim(payload, names.tenant) ?? 'default';
  if (!isName(name) || !isName(tenant)) return undefined;
  const granted = claim(payload, names.roles);
  const listed: readonly unknown[] =
    typeof granted === 'string' ? granted.split(' ') : Array.isArray(granted) ? granted : [];
  return Object.freeze({ name, tenant, roles: roles.filter((role) => listed.includes(role)) });
}

/** A claim of this very name, which may hold dots as in `https://a.example/roles`, else along them: `realm_access.roles`. */
function claim(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name.split('.').reduce<unknown>((inside, part) => {
    const isThere = typeof inside === 'object' && inside !== null && Object.hasOwn(inside, part);
    return isThere ? (inside as Record<string, unknown>)[part] : undefined;
  }, payload);
}

function isName(value: unknown): value is string {
  // Control characters must not get into log lines.
  return (
    typeof value === 'string' && value !== '' && value.length <= longestName && !/[\x00-\x1f\x7f]/.test(value)
  );
}
