import { isIPv6 } from 'node:net';

/**
 * Whether two `host:port` can't both be listened on, as far as that can be told without a look-up: one port, and the
 * same host or every address of its family; `[::]` takes IPv4, too. Port 0 is another one each time.
 */
export function addressesClash(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)];
  if (a.port !== b.port || a.port === 0) return false;
  if (a.host === b.host || a.host === '::' || b.host === '::') return true;
  return [a, b].some(({ host }) => host === '0.0.0.0') && !isIPv6(a.host) && !isIPv6(b.host);
}

/** A host in the one form that the URL parser gives it: `[0:0::1]` is `::1`. Names count as IPv4, as localhost does. */
function parse(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  const written = address.slice(0, colon).toLowerCase();
  const url = `http://${written}`;
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : written;
  return { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(address.slice(colon + 1)) };
}
