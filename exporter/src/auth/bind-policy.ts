import { hostOf, isLoopbackHost } from '@selfcheer/cheer-kit';
import type { AuthConfig, Config } from '../config/schema';
import { UsageError } from '../errors';

/** True when neither API keys nor tokens are asked for. */
export function isOpenToAll({ apiKeys, jwt }: AuthConfig): boolean {
  return apiKeys.length === 0 && jwt === undefined;
}

/**
 * Refuses to serve beyond this machine in the open.
 * @throws UsageError naming each address, unless TLS and API keys or tokens are there or `insecure` says that it is meant
 */
export function checkBindPolicy(
  config: Pick<Config, 'http' | 'grpc' | 'admin' | 'tls' | 'insecure' | 'auth'>,
): void {
  if (config.insecure) return;
  const wide = (['http', 'grpc', 'admin'] as const).filter((name) => !isLoopbackHost(hostOf(config[name])));
  if (wide.length === 0) return;
  const missing: string[] = [];
  if (config.tls === 'off') missing.push('TLS (tls: mesh, when a service mesh terminates it)');
  if (isOpenToAll(config.auth)) missing.push('authentication (auth.apiKeys or auth.jwt)');
  if (missing.length === 0) return;
  const addresses = wide.map((name) => `${name} ${config[name]}`).join(', ');
  throw new UsageError(
    `Refusing to listen beyond this machine (${addresses}) without ${missing.join(' and ')}. ` +
      'Add what is missing, bind to 127.0.0.1, or set insecure: true if everyone who can reach it may use it.',
  );
}
