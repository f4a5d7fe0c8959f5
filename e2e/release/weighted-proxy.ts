import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as send,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export const sides = ['stable', 'canary'] as const;
export type Side = (typeof sides)[number];
export type Weights = Readonly<Record<Side, number>>;

export interface BackendAddress {
  /** `host:port` of its ingest. */
  readonly http: string;
  /** `host:port` of its admin port, which says whether it is ready. */
  readonly admin: string;
}

interface Backend extends BackendAddress {
  readonly side: Side;
  weight: number;
  /** Of smooth weighted round robin, as nginx has it: the greatest is next. */
  current: number;
  ready: boolean;
  sent: number;
}

const lookMs = 100;
const lookTimeoutMs = 2_000;
const answerTimeoutMs = 30_000;

/**
 * What a service mesh is to the exporter, small: an HTTP proxy on loopback that parts requests by weight, sends none to
 * who is not ready, and hands a request to the other one only when no connection was made (`connect-failure`) or a kept
 * one had just been closed. Answers say in `x-side` whose they are.
 */
export class WeightedProxy {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 256 });
  private readonly ending = new AbortController();
  private readonly backends: Readonly<Record<Side, Backend>>;
  private readonly looking: Promise<unknown>;

  private constructor(
    private readonly server: Server,
    addresses: Readonly<Record<Side, BackendAddress>>,
  ) {
    const backend = (side: Side, weight: number): Backend => ({
      ...{ ...addresses[side], side, weight, current: 0, ready: false, sent: 0 },
    });
    this.backends = { stable: backend('stable', 100), canary: backend('canary', 0) };
    this.looking = Promise.all(sides.map((side) => this.watch(this.backends[side])));
  }

  static async start(addresses: Readonly<Record<Side, BackendAddress>>): Promise<WeightedProxy> {
    const server = createServer((request, response) => {
      void proxy.pass(request, response);
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    const proxy = new WeightedProxy(server, addresses);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Requests that each was sent so far. */
  get sent(): Weights {
    return { stable: this.backends.stable.sent, canary: this.backends.canary.sent };
  }

  /** From the next request on. */
  setWeights(weights: Weights): void {
    for (const side of sides) Object.assign(this.backends[side], { weight: weights[side], current: 0 });
  }

  isReady(side: Side): boolean {
    return this.backends[side].ready;
  }

  async close(): Promise<void> {
    this.ending.abort();
    this.server.close();
    this.server.closeAllConnections();
    this.agent.destroy();
    await this.looking;
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await buffer(request);
      const first = this.next();
      if (!first) {
        response.writeHead(502).end('no backend has a weight\n');
        return;
      }
      const answer = await this.ask(first, request, body).catch((error: unknown) => {
        const second = isNeverSent(error) ? (this.next(first.side) ?? first) : undefined;
        if (!second) throw error;
        return this.ask(second, request, body);
      });
      const { side, from } = answer;
      response.writeHead(from.statusCode ?? 502, { ...from.headers, 'x-side': side });
      from.on('error', () => response.destroy()).pipe(response);
    } catch {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end('the backend did not answer\n');
    }
  }

  /** Among those that are ready, and where nobody is, among all that have a weight: it may only just have come back. */
  private next(except?: Side): Backend | undefined {
    const weighted = sides.map((side) => this.backends[side]).filter(({ weight }) => weight > 0);
    const ready = weighted.filter((backend) => backend.ready);
    const candidates = (ready.length > 0 ? ready : weighted).filter(({ side }) => side !== except);
    let best: Backend | undefined;
    for (const backend of candidates) {
      backend.current += backend.weight;
      if (!best || backend.current > best.current) best = backend;
    }
    if (best) best.current -= candidates.reduce((sum, { weight }) => sum + weight, 0);
    return best;
  }

  private ask(
    backend: Backend,
    { method, url, headers }: IncomingMessage,
    body: Buffer,
  ): Promise<{ readonly side: Side; readonly from: IncomingMessage }> {
    const { http, side } = backend;
    backend.sent += 1;
    return new Promise((resolve, reject) => {
      const { connection: _hop, 'transfer-encoding': _coding, ...passed } = headers;
      const asked = send(`http://${http}${url ?? '/'}`, {
        ...{ method, agent: this.agent, timeout: answerTimeoutMs },
        headers: { ...passed, 'content-length': body.length },
      });
      asked.on('response', (from) => resolve({ side, from }));
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
      asked.on('error', (error) => reject(Object.assign(error, { reused: asked.reusedSocket })));
      asked.end(body);
    });
  }

  /** Asks for its readiness until the end. */
  private async watch(backend: Backend): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      backend.ready = await isReady(backend.admin, signal);
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function isReady(admin: string, ending: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([ending, AbortSignal.timeout(lookTimeoutMs)]);
  try {
    const answer = await fetch(`http://${admin}/readyz`, { signal });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

/** No connection was made, or a kept one was closed as it was used: nothing of the request was handled. */
function isNeverSent(error: unknown): boolean {
  const { code, reused } = error as NodeJS.ErrnoException & { reused?: boolean };
  return code === 'ECONNREFUSED' || (code === 'ECONNRESET' && reused === true);
}
