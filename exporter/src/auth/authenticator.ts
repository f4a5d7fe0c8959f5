import type { Role } from '../config/schema';

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
  authenticate(credentials: Credentials): Identity | 'missing' | 'invalid';
}
