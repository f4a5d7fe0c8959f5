/** What a caller may be allowed to do; a closed list. */
export const roles = ['producer', 'reader', 'operator'] as const;
/** producer sends work, reader reads metrics and the API, operator changes what the API lets change. */
export type Role = (typeof roles)[number];

/** Who sent a request. The tenant comes from here and never from a payload. */
export interface Identity {
  readonly name: string;
  readonly tenant: string;
  readonly roles: readonly Role[];
}

/** What a request shows: header values, or gRPC metadata of the same names. */
export interface Credentials {
  /** `Authorization`, whole. */
  readonly authorization?: string | undefined;
  /** `X-API-Key`. */
  readonly apiKey?: string | undefined;
}

/**
 * Why nobody is let in. A closed list, so that each transport may answer it in its own way; see `explainDenial`.
 *
 * `missing`: nothing was shown. `invalid`: what was shown is not accepted. The next four are of tokens whose signature is
 * genuine. `unavailable`: it can't be told now, and the same credentials may be accepted later.
 */
export type Denial =
  'missing' | 'invalid' | 'expired' | 'not_yet_valid' | 'wrong_issuer' | 'wrong_audience' | 'unavailable';

/** Tells who it is. */
export interface Authenticator {
  /**
   * Who shows these. At once where that is known without asking anybody, as for every API key and for a token that was
   * seen before; a promise of it otherwise, which never rejects.
   */
  authenticate(credentials: Credentials): Identity | Denial | Promise<Identity | Denial>;
}
