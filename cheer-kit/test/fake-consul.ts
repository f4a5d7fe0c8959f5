import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Registration {
  readonly ID: string;
  readonly Name: string;
  readonly Address: string;
  readonly Port: number;
  readonly Tags: readonly string[];
  readonly Check: Readonly<Record<string, string>>;
}

/**
 * The part of a Consul agent's HTTP API that the kit uses, after its documents: no real agent can be installed from
 * the package registries. Its index grows with every change; a blocking query returns when it has, or after its wait.
 */
export class FakeConsul {
  readonly services = new Map<string, Registration & { passing: boolean }>();
  /** `METHOD path?query` of every request. */
  readonly requests: string[] = [];
  readonly tokens = new Set<string | undefined>();
  /** Status that every request is answered with, or undefined to work. */
  failWith: number | undefined;
  /** Answers every request itself, when set. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  index = 1;
  private readonly waiting = new Set<() => void>();
  private readonly server = createServer((request, response) => {
    this.answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** Does something to the services and wakes blocking queries. */
  change(what: () => void): void {
    what();
    this.index += 1;
    for (const wake of this.waiting) wake();
  }

  /** An instance that some other agent registered. */
  put(id: string, name: string, address: string, port: number, passing = true): void {
    const service = { ID: id, Name: name, Address: address, Port: port, Tags: [], Check: {}, passing };
    this.change(() => this.services.set(id, service));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://consul');
    this.requests.push(`${request.method} ${request.url}`);
    this.tokens.add(request.headers['x-consul-token'] as string | undefined);
    if (this.instead) return this.instead(request, response);
    if (this.failWith !== undefined) return void response.writeHead(this.failWith).end('No cluster leader');
    const [, , , place, id = ''] = url.pathname.split('/').map(decodeURIComponent);
    if (url.pathname.startsWith('/v1/health/service/')) return this.health(url, id, request, response);
    if (request.method === 'PUT' && id === 'register') {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const service = JSON.parse(body) as Registration;
      this.change(() => this.services.set(service.ID, { ...service, passing: false }));
      return void response.end();
    }
    if (request.method === 'PUT' && id === 'deregister') {
      const gone = decodeURIComponent(url.pathname.split('/')[5] ?? '');
      const known = this.services.has(gone);
      this.change(() => this.services.delete(gone));
      return void response.writeHead(known ? 200 : 404).end();
    }
    const service = place === 'service' ? this.services.get(id) : undefined;
    if (!service) return void response.writeHead(404).end(`unknown service ID: ${id}`);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(service));
  }

  private async health(
    url: URL,
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const since = Number(url.searchParams.get('index') ?? 0);
    if (since > 0 && since >= this.index) {
      const waitMs = 1000 * Number.parseInt(url.searchParams.get('wait') ?? '300s', 10);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        const wake = (): void => {
          clearTimeout(timer);
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
        request.socket.once('close', wake);
      });
    }
    const entries = [...this.services.values()]
      .filter((service) => service.Name === name && (service.passing || !url.searchParams.has('passing')))
      .map((Service) => ({ Node: { Node: 'node-1', Address: '10.0.0.9' }, Service, Checks: [] }));
    response.setHeader('x-consul-index', String(this.index));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(entries));
  }
}
