import {
  ConsulResolver,
  createDnsResolver,
  createStaticResolver,
  type ConsulAgent,
  type Resolver,
  type Server,
} from '@selfcheer/cheer-kit';
import type { ConfigOf } from '../step';

/** Finds the address behind the host of a look-up's URL. */
export type LookupResolver = (origin: URL, discovery: ConfigOf<'lookup'>['discovery']) => Resolver;

/** Whom a URL names: the host without the brackets of IPv6, and the port of its scheme if it has none itself. */
export function serverOf({ protocol, hostname, port }: URL): Server {
  return {
    address: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  };
}

/** The host as it stands in the URL. */
export function staticResolver(origin: URL): Resolver {
  return createStaticResolver([`${origin.hostname}:${serverOf(origin).port}`]);
}

/** Resolvers for every kind of discovery. `onProblem` is called once for each row of failures of a directory. */
export function lookupResolver(
  agent: ConsulAgent,
  onProblem: (error: Error, message: string) => void,
): LookupResolver {
  return (origin, discovery) => {
    const { address: hostname, port } = serverOf(origin);
    switch (discovery) {
      case 'static':
        return staticResolver(origin);
      case 'dns':
        return createDnsResolver({
          ...{ hostname, port },
          onProblem: (error) => onProblem(error, `DNS could not be asked for the addresses of ${hostname}`),
        });
      case 'consul':
        return new ConsulResolver({
          ...{ agent, service: hostname },
          onProblem: (error) =>
            onProblem(error, `Consul at ${agent.address} could not be asked for instances of ${hostname}`),
        });
    }
  };
}
