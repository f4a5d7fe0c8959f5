import { lookup as systemLookup } from 'node:dns/promises';
import { systemClock, type Clock } from '../clock';
import { asError } from '../resilience/errors';
import { abortable } from './abortable';
import { hostPort, InTurn, NoInstanceError, rootMessage, type Resolver } from './resolver';

/** For `createDnsResolver`. */
export interface DnsResolverOptions {
  /** A host name, for example that of a Kubernetes Service: headless ones give every pod's address. */
  readonly hostname: string;
  readonly port: number;
  /** Addresses are asked for again after this. getaddrinfo tells no time to live. Default 10. */
  readonly ttlSeconds?: number;
  readonly clock?: Clock;
  /** All addresses of a name; the system's resolver when absent, with its hosts file and search domains. */
  readonly lookup?: (hostname: string) => Promise<readonly { readonly address: string }[]>;
  /** The name service failed; the addresses that are known stay. Called once for each row of failures. */
  readonly onProblem?: (error: Error) => void;
}

/**
 * All addresses of a name, in turn. When the name service fails, the addresses that were known stay: what is old and
 * perhaps right is better than nothing.
 */
export function createDnsResolver(options: DnsResolverOptions): Resolver {
  const { hostname, port, ttlSeconds = 10, clock = systemClock } = options;
  if (!(ttlSeconds > 0)) throw new RangeError(`ttlSeconds must be positive, not ${ttlSeconds}`);
  const lookup = options.lookup ?? ((name: string) => systemLookup(name, { all: true }));
  const inTurn = new InTurn();
  let freshUntil = -Infinity;
  let asking: Promise<void> | undefined;
  /** Of the last answer. */
  let failure: Error | undefined;

  const ask = async (): Promise<void> => {
    try {
      const found = await lookup(hostname);
      inTurn.set(found.map(({ address }) => hostPort(address, port)));
      failure = undefined;
    } catch (error) {
      const first = failure === undefined;
      failure = asError(error);
      if (first) options.onProblem?.(failure);
    }
  };

  return {
    async pick(signal) {
      if (clock.monotonic() >= freshUntil) {
        asking ??= ask().finally(() => {
          // After a failure, too: a name service in trouble is not asked at every call.
          freshUntil = clock.monotonic() + ttlSeconds * 1000;
          asking = undefined;
        });
      }
      if (asking) await abortable(asking, signal);
      const address = inTurn.next();
      if (address !== undefined) return address;
      // Nothing to fall back on: the next call may ask at once.
      freshUntil = -Infinity;
      if (!failure) throw new NoInstanceError(`${hostname} has no address`);
      throw new NoInstanceError(
        `the addresses of ${hostname} could not be asked for: ${rootMessage(failure)}`,
        { cause: failure },
      );
    },
    close: () => undefined,
  };
}
