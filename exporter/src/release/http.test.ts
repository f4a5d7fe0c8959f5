import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dns from 'node:dns/promises';
import { httpCall, oneOf } from './http';

const hear = async (address: string, port: number): Promise<Server> => {
  const server = createServer((request, response) => response.end(`${address} ${request.headers.host}`));
  server.on('error', () => undefined);
  server.listen(port, address);
  await once(server, 'listening');
  return server;
};

test('a name with several addresses leads to one of them, always the same, and stays in the header Host', async () => {
  const first = await hear('127.0.0.1', 0);
  const { port } = first.address() as AddressInfo;
  const second = await hear('127.0.0.2', port);
  const lookup = jest.spyOn(dns, 'lookup') as unknown as jest.SpyInstance;
  lookup.mockResolvedValue([
    { address: '127.0.0.2', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]);
  try {
    const at = await oneOf('pods.example');
    const url = `http://pods.example:${port}/`;
    for (let n = 0; n < 3; n += 1) {
      const { text } = await httpCall(url, { at, signal: AbortSignal.timeout(5_000), timeoutMs: 5_000 });
      expect(text).toBe(`127.0.0.2 pods.example:${port}`);
    }
    lookup.mockResolvedValue([{ address: '127.0.0.1', family: 4 }]);
    expect(await oneOf('one.example')).toBeUndefined();
    at?.agents['http:'].destroy();
  } finally {
    lookup.mockRestore();
    for (const server of [first, second]) {
      server.close();
      server.closeAllConnections();
    }
  }
});

test('a kept connection that was closed meanwhile is no refusal', async () => {
  let asked = 0;
  const closed = new Set<object>();
  const server = createServer(({ socket }, response) => {
    asked += 1;
    if (closed.has(socket)) return void socket.destroy();
    closed.add(socket);
    response.end(`answer ${closed.size}`);
  });
  server.on('error', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const post = (): ReturnType<typeof httpCall> =>
    httpCall(url, { method: 'POST', json: {}, signal: AbortSignal.timeout(5_000), timeoutMs: 5_000 });
  try {
    expect((await post()).text).toBe('answer 1');
    expect((await post()).text).toBe('answer 2');
    expect(asked).toBe(3);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
