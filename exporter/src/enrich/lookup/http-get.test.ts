import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { isIP, type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { createDnsResolver } from '@selfcheer/cheer-kit';
import { generate } from 'selfsigned';
import { HttpGet } from './http-get';

const soon = (): AbortSignal => AbortSignal.timeout(20_000);

/** A key and a certificate that signs itself, for one name or address. */
async function certificateFor(name: string): Promise<{ key: string; cert: string }> {
  const altNames = isIP(name) ? [{ type: 7 as const, ip: name }] : [{ type: 2 as const, value: name }];
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'test' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { key, cert };
}

describe('https to an address that discovery found', () => {
  let server: Server;
  let client: HttpGet;
  let seen: { host: string | undefined; serverName: unknown }[];

  /** `GET https://catalog.test:PORT/` of a server on 127.0.0.1 that has a certificate for `name`, which is trusted. */
  async function ask(name: string): Promise<Buffer | undefined> {
    const { key, cert } = await certificateFor(name);
    seen = [];
    server = createServer({ key, cert }, (request, response) => {
      seen.push({ host: request.headers.host, serverName: (request.socket as tls.TLSSocket).servername });
      response.end('1');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // Who is trusted is fixed when a process begins.
    const contextOf = tls.createSecureContext;
    jest
      .spyOn(tls, 'createSecureContext')
      .mockImplementation((options) => contextOf({ ...options, ca: cert }));
    const { port } = server.address() as AddressInfo;
    const lookup = async (): Promise<{ address: string }[]> => [{ address: '127.0.0.1' }];
    client = new HttpGet({
      origin: new URL(`https://catalog.test:${port}`),
      resolver: createDnsResolver({ hostname: 'catalog.test', port, lookup }),
      ...{ headers: {}, maxResponseBytes: 100, idleConnections: 1 },
    });
    return client.get('/', soon());
  }

  afterEach(async () => {
    jest.restoreAllMocks();
    client.close();
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });

  it('takes a certificate for the name in the URL, and says whom it wants to reach', async () => {
    expect(String(await ask('catalog.test'))).toBe('1');
    const { port } = server.address() as AddressInfo;
    expect(seen).toEqual([{ host: `catalog.test:${port}`, serverName: 'catalog.test' }]);
  });

  it.each(['127.0.0.1', 'other.test'])('refuses a certificate for %s', async (name) => {
    await expect(ask(name)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(seen).toEqual([]);
  });
});
