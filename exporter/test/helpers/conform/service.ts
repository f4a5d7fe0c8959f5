import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults';
import { without } from './removals';
import { Telemetry } from './telemetry';

const exportMs = 20;
const slowMs = 600;
const lagMs = 100;
const flushMs = 500;

export interface ConformService {
  /** `host:port` */
  readonly http: string;
  readonly admin: string;
  /** Leaves as a service should; resolves with its exit code. */
  drain(): Promise<number>;
  close(): void;
}

/**
 * A service that meets the contract of the kit without the kit, but for the faults that it is told to have. Routes:
 * GET /orders/:id, POST /orders, GET /slow.
 */
export async function startConformService(
  faults: readonly Fault[],
  write: (line: string) => void,
  endpoint?: string,
): Promise<ConformService> {
  const broken = (fault: Fault): boolean => faults.includes(fault);
  const telemetry = new Telemetry(broken, endpoint, write);
  let leaving = false;
  const main = createServer((request, response) => void serve(request, response));
  const admin = createServer((request, response) => answerAdmin(request, response));
  const late = broken('spans left behind') || broken('ends at once');
  const timer = late ? undefined : setInterval(() => void telemetry.flush(), exportMs);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const route =
      method === 'GET' && /^\/orders\/[^/]+$/.test(path)
        ? '/orders/:id'
        : (path === '/orders' && method === 'POST') || (path === '/slow' && method === 'GET')
          ? path
          : undefined;
    for await (const part of request) void part;
    if (path === '/slow') await sleep(slowMs);
    if (leaving && broken('turns away what runs')) return void response.writeHead(503).end();
    if (broken('fails without collector') && endpoint !== undefined) {
      const seen = await fetch(endpoint, { signal: AbortSignal.timeout(flushMs) }).catch(() => undefined);
      if (!seen) return void response.writeHead(500).end();
    }
    const status = route === undefined ? 404 : 200;
    const text = (name: string): string | undefined => headers[name] as string | undefined;
    const synthetic = headers['baggage'] === 'selfcheer.synthetic=true';
    telemetry.served({
      ...{ method, path, route, status, synthetic },
      ...{ traceparent: text('traceparent'), tracestate: text('tracestate'), cookie: headers.cookie },
    });
    response.writeHead(status).end('{}');
  }

  function answerAdmin({ url: path = '', headers }: IncomingMessage, response: ServerResponse): void {
    const json = (status: number, body: object): void =>
      void response.writeHead(status).end(JSON.stringify(without(faults, path, body)));
    const noKey = headers.authorization === undefined;
    const away = leaving && !broken('readiness stays');
    const since = new Date().toISOString();
    const warming = broken('score while warming');
    const yellow = broken('yellow without reasons');
    const state = warming ? 'warming' : yellow ? 'yellow' : 'green';
    const failed = broken('health failed');
    const checks = { store: { status: failed ? 'failed' : 'ok', detail: 'it is there' } };
    const sick = failed || broken('health 503 though all is well');
    const conditions = [{ name: 'latency', ok: true, figure: null, limit: 0.1, detail: 'no requests' }];
    const slo = {
      name: 'http-availability',
      objective_ratio: 0.999,
      good: 0,
      bad: 0,
      budget_remaining_ratio: 1,
    };
    switch (path) {
      case '/healthz':
        if (broken('no liveness')) return json(404, {});
        if (noKey && broken('liveness wants a key')) return json(401, {});
        return json(leaving && broken('liveness drops') ? 503 : 200, { status: 'ok' });
      case '/readyz':
        if (noKey && broken('readiness wants a key')) return json(401, {});
        if (broken('readiness without JSON')) return void response.end('OK');
        return away || broken('not ready') ? json(503, { status: 'failed' }) : json(200, { status: 'ok' });
      case '/health':
        return json(sick ? 503 : 200, {
          status: failed ? 'failed' : 'ok',
          timestamp: since,
          checks: broken('health of another shape') ? [checks] : checks,
        });
      case '/metrics': {
        const open = /openmetrics/.test(headers.accept ?? '') && !broken('no OpenMetrics');
        response.setHeader(
          'content-type',
          open
            ? 'application/openmetrics-text; version=1.0.0'
            : broken('plain text of another type')
              ? 'text/html'
              : 'text/plain',
        );
        return void response.end(telemetry.metrics(open));
      }
      case '/api/v1/summary':
        return json(200, { service: 'orders', version: '1.2.0', topic: null });
      case '/api/v1/cheer':
        return json(200, {
          state,
          score: 90,
          since,
          reasons: [],
          conditions,
          cheers_total: 0,
          misses_total: 0,
        });
      case '/api/v1/slo':
        return json(200, { slos: broken('no SLOs in the API') ? [] : [slo] });
      default:
        return json(404, {});
    }
  }

  async function drain(): Promise<number> {
    if (broken('ends at once')) return 0;
    leaving = true;
    await sleep(lagMs);
    if (broken('cuts what runs')) main.closeAllConnections();
    const closed = once(main, 'close');
    main.close();
    await closed;
    if (broken('never ends')) await new Promise(() => undefined);
    const late = broken('waits for the collector') ? new Promise(() => undefined) : sleep(flushMs);
    if (!broken('spans left behind')) await Promise.race([telemetry.flush(), late]);
    return broken('exit code 3') ? 3 : 0;
  }

  const close = (): void => {
    clearInterval(timer);
    for (const server of [main, admin]) server.close().closeAllConnections();
  };
  return { http: await listen(main), admin: await listen(admin), drain, close };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
