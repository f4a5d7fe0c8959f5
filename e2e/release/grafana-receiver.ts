import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** As Grafana's API takes it. */
export interface Annotation {
  /** Epoch milliseconds. */
  readonly time: number;
  /** Epoch milliseconds; a region has it. */
  readonly timeEnd?: number;
  readonly tags: readonly string[];
  readonly text: string;
}

/** Takes annotations in Grafana's place, on loopback. */
export class GrafanaReceiver {
  /** Oldest first. */
  readonly annotations: Annotation[] = [];

  private constructor(private readonly server: Server) {}

  static async start(token: string): Promise<GrafanaReceiver> {
    const server = createServer((request, response) => {
      const known = request.headers.authorization === `Bearer ${token}`;
      const wanted = request.method === 'POST' && request.url === '/api/annotations';
      text(request).then(
        (body) => {
          if (known && wanted) receiver.annotations.push(JSON.parse(body) as Annotation);
          response.writeHead(!known ? 401 : wanted ? 200 : 404, { 'content-type': 'application/json' });
          response.end('{"message":"Annotation added","id":1}');
        },
        () => response.destroy(),
      );
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    const receiver = new GrafanaReceiver(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  tagged(...tags: readonly string[]): Annotation[] {
    return this.annotations.filter((annotation) => tags.every((tag) => annotation.tags.includes(tag)));
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
