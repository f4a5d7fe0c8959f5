import type { JWTVerifyOptions } from 'jose';
import { systemClock, type Clock } from '../clock';
import type { Denial, Identity } from './authenticator';
import { jose } from './jose';
import { identityOf, type ClaimNames } from './jwt-claims';
import type { KeySource } from './jwt-key-source';
import { JwtKeys } from './jwt-keys';

/**
 * Signatures that may be accepted (RFC 7518, section 3.1, and RFC 8037). None is symmetric, so that no public key can be
 * taken for a secret, and `none` is not among them.
 */
export const jwtAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
/** One of `jwtAlgorithms`. */
export type JwtAlgorithm = (typeof jwtAlgorithms)[number];

/** For `JwtVerifier`. */
export interface JwtOptions {
  /** What `iss` must be. */
  readonly issuer: string;
  /** What `aud` must be, or hold. */
  readonly audience: string;
  /** Where the issuer's keys are. */
  readonly keys: KeySource;
  /** RS256 and ES256 when absent. */
  readonly algorithms?: readonly JwtAlgorithm[];
  /** Claims with the roles and the tenant; `roles` and `tenant` when absent. Dots lead into objects. */
  readonly rolesClaim?: string;
  readonly tenantClaim?: string;
  /** Seconds that clocks may differ when `exp` and `nbf` are looked at; 30 when absent. */
  readonly clockToleranceSeconds?: number;
  /** The keys can't be read; the last ones go on being used. Called once until they can be read again. */
  readonly onProblem: (error: Error) => void;
  readonly clock?: Clock;
  /** Seconds for reading the keys once; 5 when absent. */
  readonly timeoutSeconds?: number;
}

type Outcome = Identity | Denial;

/** No token of any issuer is longer, and headers are bounded too. Characters. */
export const longestToken = 12 * 1024;
/** Tokens that are remembered: those of so many callers are checked once each until they expire. */
const mostKnown = 10_000;
/** Tokens that are being checked, or wait for the keys. Beyond that, who is new must come again. */
const mostPending = 1_024;
/** What is left of a message of jose's that helps: which claim of a genuine token was not accepted. */
const denialOfClaim: Readonly<Record<string, Denial>> = {
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
  nbf: 'not_yet_valid',
};

/**
 * JSON Web Tokens of one issuer (RFC 7519), by the rules of RFC 8725: pinned algorithms, issuer and audience, an expiry that
 * must be there, and keys from one place that no token can name.
 *
 * A token costs its signature once. From then on, until it expires or a key of the issuer is taken back, it is known by
 * its SHA-256.
 */
export class JwtVerifier {
  readonly #keys: JwtKeys;
  readonly #clock: Clock;
  readonly #names: ClaimNames;
  readonly #toleranceSeconds: number;
  readonly #verify: JWTVerifyOptions;
  /** By SHA-256: who, and until when in epoch milliseconds. */
  readonly #known = new Map<string, { readonly identity: Identity; readonly until: number }>();
  readonly #pending = new Map<string, Promise<Outcome>>();
  /** Grows when known tokens are forgotten, so that none that is being checked is remembered after it. */
  #generation = 0;

  private constructor(options: JwtOptions) {
    const { algorithms = ['RS256', 'ES256'], clockToleranceSeconds = 30 } = options;
    checkAlgorithms(algorithms);
    for (const name of ['issuer', 'audience'] as const) {
      if (options[name] === '')
        throw new RangeError(`${name} is empty: every token's must be compared with something`);
    }
    this.#clock = options.clock ?? systemClock;
    this.#names = { roles: options.rolesClaim ?? 'roles', tenant: options.tenantClaim ?? 'tenant' };
    this.#toleranceSeconds = clockToleranceSeconds;
    this.#verify = {
      algorithms: [...algorithms],
      issuer: options.issuer,
      audience: options.audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp'],
    };
    this.#keys = new JwtKeys({
      source: options.keys,
      onProblem: options.onProblem,
      onRemoved: () => {
        this.#generation++;
        this.#known.clear();
      },
      clock: this.#clock,
      ...(options.timeoutSeconds !== undefined && { timeoutSeconds: options.timeoutSeconds }),
    });
  }

  /**
   * A verifier that reads its keys. Those of a file are there when it resolves, and must be. An address may still be out of
   * reach: tokens then wait for it, and are denied as `unavailable` when it does not answer.
   *
   * Rejects with a KeysError for a file that can't be used, and with a RangeError for other options.
   */
  static async open(options: JwtOptions): Promise<JwtVerifier> {
    const verifier = new JwtVerifier(options);
    const reading = verifier.#keys.read();
    if ('uri' in options.keys) return verifier;
    await reading;
    const { problem } = verifier.#keys;
    if (!problem) return verifier;
    verifier.close();
    throw problem;
  }

  /** Who shows the token with this SHA-256, if it was checked before and still counts. */
  known(sha256: string): Identity | undefined {
    const seen = this.#known.get(sha256);
    if (seen === undefined) return undefined;
    if (this.#clock.now() < seen.until) return seen.identity;
    this.#known.delete(sha256);
    return undefined;
  }

  /** Checks a token that is not known. Never rejects; who comes with one that is being checked waits for that. */
  check(token: string, sha256: string): Outcome | Promise<Outcome> {
    if (token.length > longestToken) return 'invalid';
    const pending = this.#pending.get(sha256);
    if (pending) return pending;
    if (this.#pending.size >= mostPending) return 'unavailable';
    const checking = this.#check(token, sha256).finally(() => this.#pending.delete(sha256));
    this.#pending.set(sha256, checking);
    return checking;
  }

  /** Reads no keys any more. Tokens that wait for them are denied as `unavailable`. */
  close(): void {
    this.#keys.close();
  }

  async #check(token: string, sha256: string): Promise<Outcome> {
    const generation = this.#generation;
    let away = false;
    try {
      const { payload } = await jose().jwtVerify(
        token,
        async (header) => {
          const key = await this.#keys.find(header).catch((error: unknown) => {
            away = true;
            throw error;
          });
          if (key) return key;
          throw new Error('the issuer has no such key');
        },
        { ...this.#verify, currentDate: new Date(this.#clock.now()) },
      );
      const identity = identityOf(payload, this.#names);
      if (!identity) return 'invalid';
      if (generation === this.#generation) this.#remember(sha256, identity, Number(payload.exp));
      return identity;
    } catch (error) {
      return away ? 'unavailable' : denialOf(error);
    }
  }

  #remember(sha256: string, identity: Identity, expiresAt: number): void {
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < mostKnown) break;
      this.#known.delete(oldest);
    }
    this.#known.set(sha256, { identity, until: (expiresAt + this.#toleranceSeconds) * 1000 });
  }
}

/** By jose's stable codes. It looks at the claims after the signature: what they are wrong in is told only to who has it. */
function denialOf(error: unknown): Denial {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'invalid';
  if (error.code === 'ERR_JWT_EXPIRED') return 'expired';
  if (error.code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED' || !('claim' in error)) return 'invalid';
  return denialOfClaim[String(error.claim)] ?? 'invalid';
}

/** For those who write JavaScript, too. */
function checkAlgorithms(algorithms: readonly string[]): void {
  const known: readonly string[] = jwtAlgorithms;
  const wrong = algorithms.find((each) => !known.includes(each));
  if (wrong !== undefined || algorithms.length === 0) {
    throw new RangeError(`algorithms has ${wrong ?? 'none'}: name some of ${known.join(', ')}`);
  }
}
