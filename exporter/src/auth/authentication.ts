import {
  createAuthenticator,
  JwtVerifier,
  KeysError,
  type Authenticator,
  type KeySource,
} from '@selfcheer/cheer-kit';
import type { AuthConfig } from '../config/schema';
import { UsageError } from '../errors';

export interface Authentication {
  readonly authenticator: Authenticator;
  /** Follows the keys of the issuer no more. */
  close(): void;
}

/**
 * Who may call, as the configuration says. `onProblem`: the keys of the issuer can't be read, and the last ones go on
 * being used.
 *
 * Rejects with a UsageError for a file of keys that can't be used.
 */
export async function openAuthentication(
  { apiKeys, jwt: config }: AuthConfig,
  onProblem: (error: Error) => void,
): Promise<Authentication> {
  if (!config) return { authenticator: createAuthenticator({ apiKeys }), close: () => undefined };
  const { jwksUri, jwksFile = '', ...rest } = config;
  const keys: KeySource = jwksUri === undefined ? { file: jwksFile } : { uri: jwksUri };
  const jwt = await JwtVerifier.open({ ...rest, keys, onProblem }).catch((error: unknown) => {
    throw error instanceof KeysError ? new UsageError(error.message, { cause: error }) : error;
  });
  return { authenticator: createAuthenticator({ apiKeys, jwt }), close: () => jwt.close() };
}
