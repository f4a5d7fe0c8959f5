import { connect, type Socket } from 'node:net';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createHttpServer } from './http-server';

const event = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}';

describe('a client that shuts down its sending side', () => {
  let server: Server = createServer();
  let open = 0;

  const start = async (requestSeconds = 30): Promise<void> => {
    const handle = (request: NodeJS.ReadableStream, response: { end(text: string): void }): void => {
      // The answer comes well after the end of the client's side, as one that waits for the disk does.
      request.resume().on('end', () => setTimeout(() => response.end('stored'), 30));
    };
    const limits = { connections: 100, headerBytes: 16_384, requestSeconds };
    server = createHttpServer({ handle, handleExpect: handle, handleCrowded: handle }, limits);
    open = 0;
    server.on('connection', (socket: Socket) => {
      open += 1;
      socket.on('close', () => (open -= 1));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  };
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  /** What comes back until the server has closed the connection; resolves when the server's socket is gone too. */
  const send = async (bytes: string): Promise<string> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.end(bytes);
    await once(socket, 'close');
    while (open > 0) await new Promise(setImmediate);
    return text;
  };

  it('gets its answer, and the connection ends after it', async () => {
    await start();
    expect(await send(event)).toMatch(/^HTTP\/1.1 200 [^]*stored$/);
  });

  it('gets every answer that it asked for', async () => {
    await start();
    expect((await send(event + event + event)).match(/stored/g)).toHaveLength(3);
  });

  it.each([
    ['nothing', ''],
    ['half of the headers', event.slice(0, 20)],
    ['half of the body', event.slice(0, -1)],
  ])('keeps no connection when it has sent %s', async (_name, bytes) => {
    await start();
    expect(await send(bytes)).not.toMatch(/stored/);
  });
});
