import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { begin, call } from './http-call';

const { signal } = new AbortController();

/** Says this to whoever says something, and then no more. */
async function says(what: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(what));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  server.close();
}

test('an answer is read to its end, with or without a length', async () => {
  const answer = { status: 200, text: 'all' };
  await says('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nall', async (url) => {
    expect(await call(url, {}, signal)).toMatchObject(answer);
  });
  await says('HTTP/1.1 200 OK\r\n\r\nall', async (url) => {
    expect(await call(url, {}, signal)).toMatchObject(answer);
  });
});

test.each([
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na'],
  ['nonsense', 'hello\r\n\r\n'],
  ['nothing', ''],
])('%s is no answer', async (_name, what) => {
  await says(what, async (url) => {
    const { sent, answer } = begin(url, {}, signal);
    await expect(answer).rejects.toThrow();
    await sent;
  });
});
