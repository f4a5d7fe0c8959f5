import { ConsulRegistration, hostOf, type Logger } from '@selfcheer/cheer-kit';
import type { Config } from './config/schema';
import { UsageError } from './errors';

/** Hosts that are bound but that nobody can call. */
const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '[::]', '::']);

/**
 * Where others reach this instance, `host:port`: what the configuration says, or else where it listens.
 * @throws UsageError when it listens on every address and the configuration doesn't say which one to tell
 */
export function advertisedAddress({ consul }: Pick<Config, 'consul'>, http: string): string {
  const address = consul.address ?? http;
  if (!everywhere.has(hostOf(address))) return address;
  throw new UsageError(
    `Consul can't be told ${address}: that is every address of this machine. Set consul.address to the host:port that others use.`,
  );
}

/** The registration of this instance in Consul, not started yet; undefined when there is to be none. */
export function createRegistration(
  config: Config,
  addresses: { readonly http: string; readonly admin: string },
  logger: Logger,
): ConsulRegistration | undefined {
  const { consul, service } = config;
  if (!consul.register) return undefined;
  const advertised = advertisedAddress(config, addresses.http);
  const host = hostOf(advertised);
  const port = Number(advertised.slice(host.length + 1));
  const adminHost = hostOf(addresses.admin);
  const adminPort = addresses.admin.slice(adminHost.length + 1);
  return new ConsulRegistration({
    agent: { address: consul.agent, token: consul.token },
    id: `${service}-${advertised}`,
    name: service,
    host: host.replace(/^\[|\]$/g, ''),
    port,
    tags: consul.tags,
    checkUrl: `http://${everywhere.has(adminHost) ? host : adminHost}:${adminPort}/readyz`,
    onRegistered: () => logger.info({ service, address: advertised }, 'registered in Consul'),
    onProblem: (error) =>
      logger.warn({ err: error }, `Consul at ${consul.agent} could not be told of this instance`),
  });
}
