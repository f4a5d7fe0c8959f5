import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { JWK, JWSHeaderParameters, KeyLike } from 'jose';
import { jose } from './jose';
import { KeysError } from './jwt-key-source';

/** The usable keys of one issuer. */
export interface KeySet {
  /** Each key as text, to compare sets with. */
  readonly keys: ReadonlySet<string>;
  /** The key that this header asks for; undefined when none does, or more than one. */
  find(header: JWSHeaderParameters): Promise<KeyLike | Uint8Array | undefined>;
}

/** Issuers have a handful; each check of a token looks through all of them. */
const mostKeys = 1_000;
/** Bits; RFC 7518, section 3.3. */
const leastModulus = 2_048;

/**
 * Reads a JWK Set (RFC 7517). A key that is of no use is left out, as the RFC says: symmetric, private, too weak, or of
 * a kind that is not known.
 *
 * @throws KeysError for what is no JWK Set, and for one without a usable key or with more than 1,000
 */
export function parseKeySet(text: string): KeySet {
  const listed = keysOf(text);
  if (listed.length > mostKeys)
    throw new KeysError(`the set has ${listed.length} keys: at most ${mostKeys} are read`);
  const usable = listed.filter(isUsable);
  if (usable.length === 0) {
    throw new KeysError('the set has no public key that signatures can be checked with');
  }
  const select = jose().createLocalJWKSet({ keys: usable });
  return {
    keys: new Set(usable.map((key) => JSON.stringify(key))),
    async find(header) {
      // Whatever a header names besides, such as jku, jwk or x5u, is never looked at.
      const { alg, kid } = header;
      if (alg === undefined || (kid !== undefined && typeof kid !== 'string')) return undefined;
      try {
        return await select({ alg, ...(kid !== undefined && { kid }) });
      } catch {
        return undefined;
      }
    },
  };
}

function keysOf(text: string): readonly unknown[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new KeysError('the set is not JSON', error);
  }
  const keys =
    typeof document === 'object' && document !== null && 'keys' in document ? document.keys : undefined;
  if (!Array.isArray(keys)) throw new KeysError('the document is no JWK Set: it has no list named keys');
  return keys;
}

function isUsable(key: unknown): key is JWK {
  // A secret or private key in a public place is known to everybody, so that it proves nothing.
  if (typeof key !== 'object' || key === null || 'd' in key || 'k' in key) return false;
  let imported: KeyObject;
  try {
    imported = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
  } catch {
    return false;
  }
  const bits = imported.asymmetricKeyDetails?.modulusLength;
  return bits === undefined || bits >= leastModulus;
}
