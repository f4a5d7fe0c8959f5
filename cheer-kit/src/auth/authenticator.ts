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

/** Tells who it is. `missing`: nothing was shown; `invalid`: what was shown is not accepted. */
export interface Authenticator {
  /** Who shows these. */
  authenticate(credentials: Credentials): Identity | 'missing' | 'invalid';
}
