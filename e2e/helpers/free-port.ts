import { once } from 'node:events';
import net from 'node:net';

/** Below what systems give to outgoing connections (32,768 and up on Linux): those would take a port between two starts. */
const first = 20_000;
const count = 12_000;

/** A port of 127.0.0.1 that is free now, and that only a server would take. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    const server = net.createServer();
    const listening = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen(port, '127.0.0.1');
    if (!(await listening)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
