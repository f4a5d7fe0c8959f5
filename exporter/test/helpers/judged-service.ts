import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a service is to misbehave. */
export interface Misbehaviour {
  readonly version?: string;
  readonly service?: string;
  /** Its clock is ahead by so much. */
  readonly skewMs?: number;
  /** From so many events on it is a process that began just now. */
  readonly restartsAfter?: number;
  /** Every other scrape is of another process, which began long ago, too. */
  readonly severalProcesses?: boolean;
  readonly track?: string;
  /** Status of /readyz; 200 when absent. */
  readonly readyStatus?: number;
  /** Every so many-th event is answered with 500. */
  readonly errorEvery?: number;
  /** Accepts and never publishes. */
  readonly silent?: boolean;
  /** Publishes everything and counts misses. */
  readonly dropsCheers?: boolean;
  /** Counts misses as long as this many batches were not seen. */
  readonly missesFirst?: number;
  /** Answers 404 here, as one that has no such thing. */
  readonly without?: readonly ('metrics' | 'synthetic' | 'summary')[];
}

export interface JudgedService {
  /** Both its ports in one. */
  readonly url: string;
  /** Event ids in order, and the headers and bodies that they came with. */
  readonly seen: readonly { readonly id: string; readonly headers: IncomingMessage['headers'] }[];
  /** Documents posted to /api/v1/releases. */
  readonly recorded: readonly unknown[];
  close(): Promise<void>;
}

/** A service as the release gate sees one: ingest, probes, metrics and API on one port. */
export async function startJudgedService(faults: Misbehaviour = {}): Promise<JudgedService> {
  const seen: { id: string; headers: IncomingMessage['headers'] }[] = [];
  const recorded: unknown[] = [];
  const accepted: string[] = [];
  const { skewMs = 0, restartsAfter = Infinity, severalProcesses = false, service = 'shop' } = faults;
  const now = (): number => Date.now() + skewMs;
  const started = Math.floor(now() / 1000) - 100;
  let scrapes = 0;
  const processStart = (): number => {
    scrapes += 1;
    if (severalProcesses) return started - (scrapes % 2);
    return seen.length < restartsAfter ? started : started + 200;
  };
  const { version = '2.0.0', track = 'canary', without = [] } = faults;

  const events = (request: IncomingMessage, body: string): [number, unknown] => {
    const { event_id: id } = JSON.parse(body) as { event_id: string };
    seen.push({ id, headers: request.headers });
    if (faults.errorEvery !== undefined && seen.length % faults.errorEvery === 0) {
      return [500, { code: 'internal', detail: 'no' }];
    }
    accepted.push(id);
    return [202, { accepted: 1, results: [{ event_id: id, status: 'accepted', revision: 1 }] }];
  };
  const metrics = (): string => {
    const batches = faults.silent === true ? 0 : accepted.length;
    const cheers = faults.dropsCheers === true ? 0 : Math.max(0, batches - (faults.missesFirst ?? 0));
    return [
      `process_start_time_seconds ${processStart()}`,
      `ingests_total{transport="http",result="accepted"} ${accepted.length}`,
      `cheer_state{state="disabled"} 0`,
      `cheer_batches_total{traffic="synthetic"} ${batches}`,
      `cheer_cheers_total{traffic="synthetic"} ${cheers}`,
      `cheer_batches_total{traffic="real"} 0`,
      `cheer_cheers_total{traffic="real"} 0`,
      // Far above what a loaded machine takes: what is slow is tested without a clock.
      ...['ingest-availability', 'ingest-latency', 'delivery'].flatMap((slo) => [
        `cheer_slo_objective_ratio{slo="${slo}"} 0.99`,
        `cheer_slo_events_total{slo="${slo}",result="good"} 0`,
        `cheer_slo_events_total{slo="${slo}",result="bad"} 0`,
        `cheer_latency_target_seconds{slo="${slo}"} 9`,
      ]),
      '',
    ].join('\n');
  };
  const synthetic = (run: string): [number, unknown] => {
    const ids = accepted.filter((id) => id.startsWith(`${run}/`));
    if (ids.length === 0) return [404, { code: 'unknown_run' }];
    const status = faults.silent === true ? 'accepted' : 'published';
    const settled_at = faults.silent === true ? null : '2026-11-22T01:00:00.050Z';
    const accepted_at = '2026-11-22T01:00:00.000Z';
    return [200, { run, events: ids.map((event_id) => ({ event_id, status, accepted_at, settled_at })) }];
  };
  const answer = (request: IncomingMessage, body: string): [number, unknown] => {
    const path = request.url ?? '';
    if (path === '/v1/events') return events(request, body);
    if (path === '/readyz') return [faults.readyStatus ?? 200, { status: 'ok' }];
    if (path === '/metrics' && !without.includes('metrics')) return [200, metrics()];
    if (path === '/api/v1/summary' && !without.includes('summary')) {
      return [200, { service, version, track }];
    }
    if (path === '/api/v1/flags') return [200, { flags: [{ flag: 'fast', variant: 'on', value: true }] }];
    if (path.startsWith('/api/v1/synthetic/') && !without.includes('synthetic')) {
      return synthetic(path.slice('/api/v1/synthetic/'.length));
    }
    if (path === '/api/v1/releases') {
      const document = JSON.parse(body) as { run: string };
      recorded.push(document);
      return [201, { id: version, run: document.run, number: recorded.length }];
    }
    return [404, { code: 'not_found' }];
  };
  return {
    ...(await serve((request, body) => answer(request, body), now)),
    seen,
    recorded,
  };
}

/** A server that answers JSON, or a text as it is. Nothing that goes wrong on a socket ends the tests. */
export async function serve(
  answer: (request: IncomingMessage, body: string) => [status: number, body: unknown],
  now: () => number = Date.now,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const parts: Buffer[] = [];
    request.on('error', () => undefined).on('data', (part: Buffer) => parts.push(part));
    response.on('error', () => undefined);
    request.on('end', () => {
      const [status, body] = answer(request, Buffer.concat(parts).toString('utf8'));
      const date = new Date(now()).toUTCString();
      response.writeHead(status, { date }).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  };
  const server: Server = createServer(handle).on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
