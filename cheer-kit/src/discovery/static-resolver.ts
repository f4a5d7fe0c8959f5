import { InTurn, type Resolver } from './resolver';

/** Always the same addresses, `host:port`. Throws RangeError when there is none. */
export function createStaticResolver(addresses: readonly string[]): Resolver {
  if (addresses.length === 0) throw new RangeError('a static resolver needs at least one host:port');
  const inTurn = new InTurn();
  inTurn.set(addresses);
  return { pick: () => Promise.resolve(inTurn.next() as string), close: () => undefined };
}
