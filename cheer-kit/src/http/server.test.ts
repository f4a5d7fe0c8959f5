import { createServer as createSecureServer, get as getSecurely } from 'node:https';
import { createServer, get, Agent, type RequestListener, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { generate } from 'selfsigned';
import { eventually } from '../../test/wait';
import { AddressError, listenOn, stopServer, type WebServer } from './server';

const servers: WebServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => stopServer(server, 0)));
});

async function serve(app: RequestListener, server: WebServer = createServer(app)): Promise<number> {
  servers.push(server);
  const address = await listenOn(server, '127.0.0.1:0');
  return Number(address.split(':')[1]);
}

/** A connection that sends nothing. */
async function idle(port: number): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
}

test('port 0 gives a free one, and its address', async () => {
  expect(await serve(() => undefined)).toBeGreaterThan(0);
});

test('an address that is taken says so', async () => {
  const port = await serve(() => undefined);
  const second = createServer();
  await expect(listenOn(second, `127.0.0.1:${port}`)).rejects.toThrow(AddressError);
  await expect(listenOn(second, `127.0.0.1:${port}`)).rejects.toThrow(/another process listens there/);
});

test('a server that listens says so', async () => {
  await serve(() => undefined);
  const again = listenOn(servers[0] as WebServer, '127.0.0.1:0');
  await expect(again).rejects.toThrow(AddressError);
  await expect(again).rejects.toThrow(/listens already/);
});

test.each(['8080', '127.0.0.1', '127.0.0.1:http', ':8080', '127.0.0.1:99999'])(
  '%s is no address',
  (address) => {
    expect(() => listenOn(createServer(), address)).toThrow(RangeError);
  },
);

describe('stopServer', () => {
  test('closes who waits for nothing at once, and others when their answer is sent', async () => {
    let answer: ServerResponse | undefined;
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    const port = await serve((_request, response) => {
      answer = response;
      asked();
    });
    const { closed } = await idle(port);
    const agent = new Agent({ keepAlive: true });
    const body = new Promise<string>((resolve, reject) => {
      get({ port, agent, host: '127.0.0.1' }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += String(chunk))).on('end', () => resolve(text));
      }).on('error', reject);
    });
    await arrived;
    const stopped = stopServer(servers[0] as WebServer, 60_000);
    await closed;
    answer?.end('whole');
    expect(await body).toBe('whole');
    await stopped;
    agent.destroy();
  });

  test('closes a connection that was answered and is kept for the next request', async () => {
    const port = await serve((_request, response) => void response.end('whole'));
    const { socket, closed } = await idle(port);
    const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await answered;
    await stopServer(servers[0] as WebServer, 60_000);
    await closed;
  });

  test('cuts what is left in the end', async () => {
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    const port = await serve(() => asked());
    const failed = new Promise((resolve) => get({ port, host: '127.0.0.1' }).on('error', resolve));
    await arrived;
    await stopServer(servers[0] as WebServer, 5);
    await failed;
  });

  test('what is broken off has been told so when it resolves', async () => {
    const closed = jest.fn();
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    const port = await serve((_request, response) => {
      response.on('close', closed);
      asked();
    });
    get({ port, host: '127.0.0.1' }).on('error', () => undefined);
    await arrived;
    await stopServer(servers[0] as WebServer, 5);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test.each(['before', 'after'])(
    'keeps a connection that is no longer HTTP, by a listener that came %s it listened',
    async (when) => {
      let upgraded: Duplex | undefined;
      const onUpgrade = (_request: unknown, socket: Duplex): void => {
        upgraded = socket;
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
      };
      const server = createServer((_request, response) => void response.end());
      if (when === 'before') server.on('upgrade', onUpgrade);
      const port = await serve(() => undefined, server);
      if (when === 'after') server.on('upgrade', onUpgrade);
      const { socket, closed } = await idle(port);
      const waiting = await idle(port);
      let received = '';
      const switched = new Promise<void>((resolve) => {
        socket.on('data', (chunk: Buffer) => {
          received += String(chunk);
          resolve();
        });
      });
      // One answered before must not make it idle.
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await switched;
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
      await eventually(() => upgraded !== undefined);
      const stopped = stopServer(server, 60_000);
      await waiting.closed;
      upgraded?.end('bye');
      socket.end();
      await Promise.all([closed, stopped]);
      expect(received).toMatch(/bye$/);
    },
  );

  test('without a listener for upgrades any more, who asks for one is answered', async () => {
    const onUpgrade = (): void => undefined;
    const server = createServer((_request, response) => void response.end('plain'));
    const port = await serve(() => undefined, server);
    server.on('upgrade', onUpgrade).off('upgrade', onUpgrade);
    const { socket, closed } = await idle(port);
    const answered = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    expect(await answered).toContain('200 OK');
    await stopServer(server, 60_000);
    await closed;
  });

  test('of a server with TLS keeps who waits for an answer', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      keySize: 2048,
    });
    let answer: ServerResponse | undefined;
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    const server = createSecureServer({ key, cert }, (_request, response) => {
      answer = response;
      asked();
    });
    const port = await serve(() => undefined, server);
    const body = new Promise<string>((resolve, reject) => {
      getSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += String(chunk))).on('end', () => resolve(text));
      }).on('error', reject);
    });
    await arrived;
    const stopped = stopServer(server, 60_000);
    answer?.end('whole');
    expect(await body).toBe('whole');
    await stopped;
  });

  test('of a server with TLS cuts who never says a word', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      keySize: 2048,
    });
    const server = createSecureServer({ key, cert });
    const accepted = new Promise((resolve) => server.once('connection', resolve));
    const { closed } = await idle(await serve(() => undefined, server));
    await accepted;
    await stopServer(server, 5);
    await closed;
  });

  test('of one that does not listen has nothing to do', async () => {
    await stopServer(createServer(), 1000);
  });
});
