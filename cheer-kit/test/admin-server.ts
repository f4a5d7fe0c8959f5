import { hash } from 'node:crypto';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createAuthenticator, type AdminApp, type ApiKey, type Role } from '../src';

/** An admin app on a free port of loopback. */
export class AdminServer {
  /** Connections in the order in which they came. */
  readonly sockets: Socket[] = [];
  private readonly server: Server;

  private constructor(readonly admin: AdminApp) {
    this.server = createServer(admin.app);
    this.server.on('connection', (socket) => this.sockets.push(socket));
  }

  static async start(admin: AdminApp): Promise<AdminServer> {
    const started = new AdminServer(admin);
    await new Promise<void>((resolve) => started.server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.admin.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly body: string;
}

/** fetch sets Host and Origin itself and unpacks; this sends and gives back what is there. */
export function send(url: string, method: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject).on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const raw = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, raw, body: raw.toString() });
      });
    });
    asked.on('error', reject).end();
  });
}

const apiKey = (name: string, roles: Role[]): ApiKey => ({
  name,
  roles,
  tenant: 'default',
  sha256: hash('sha256', name, 'hex'),
});

/** Each name is the key itself: ann may everything here, ron reads, pia only sends. */
export const keyed = createAuthenticator({
  apiKeys: [apiKey('ann', ['reader', 'operator']), apiKey('ron', ['reader']), apiKey('pia', ['producer'])],
});
