import { randomBytes, randomInt } from 'node:crypto';
import { call, type Answer, type Call } from './http-call';

/** The route that is checked, as the command line names it. */
export interface RouteOptions {
  readonly url: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** W3C trace context of one request of ours. */
export interface SentTrace {
  readonly traceId: string;
  readonly parentId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Stands for another number in each request: in the URL, the body and the headers. */
export const idMark = '{id}';

/** Marks traffic that is no user's (W3C Baggage). */
export const syntheticHeader = { baggage: 'selfcheer.synthetic=true' } as const;

/** Makes the requests: every one with an id of its own. */
export class RequestPlan {
  readonly method: string;
  /** No label or span name may have it in it. */
  readonly token = `conform-${randomBytes(6).toString('hex')}`;
  readonly origin: string;
  private next = randomInt(1, 9_000) * 100_000;

  constructor(
    private readonly route: RouteOptions,
    private readonly signal: AbortSignal,
  ) {
    this.method = route.method ?? (route.body === undefined ? 'GET' : 'POST');
    this.origin = new URL(route.url.replaceAll(idMark, '0')).origin;
  }

  /** Whether the path has a part that differs from request to request. */
  get variesPath(): boolean {
    return this.route.url.includes(idMark);
  }

  get hasBody(): boolean {
    return this.route.body !== undefined && this.route.body.length > 1;
  }

  /** The next request and the id in it. */
  make(headers: Readonly<Record<string, string>> = {}): {
    readonly id: string;
    readonly url: string;
    readonly what: Call;
  } {
    const id = String((this.next += 1));
    const fill = (text: string): string => text.replaceAll(idMark, id);
    const own = Object.entries(this.route.headers).map(([name, value]) => [name, fill(value)]);
    return {
      id,
      url: fill(this.route.url),
      what: {
        method: this.method,
        headers: { ...(Object.fromEntries(own) as Record<string, string>), ...headers },
        ...(this.route.body !== undefined && { body: fill(this.route.body) }),
      },
    };
  }

  /** Sends the next request and reads the answer. */
  async send(headers?: Readonly<Record<string, string>>): Promise<Answer & { readonly id: string }> {
    const { id, url, what } = this.make(headers);
    return { ...(await call(url, what, this.signal)), id };
  }

  /** A GET to a path that no route has. */
  sendUnmatched(method = 'GET', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    this.next += 1;
    return call(`${this.origin}/${this.token}/${this.next}`, { method, headers }, this.signal);
  }
}

/** A new trace that our request belongs to. */
export function newTrace(sampled = true): SentTrace {
  const traceId = randomBytes(16).toString('hex');
  const parentId = randomBytes(8).toString('hex');
  const headers = {
    traceparent: `00-${traceId}-${parentId}-${sampled ? '01' : '00'}`,
    tracestate: 'conform=1',
  };
  return { traceId, parentId, headers };
}

/** What the exporter's own route takes; other services are told on the command line. */
const exporterEvent = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: `{"event_id":"conform-${idMark}","type":"selfcheer.conform","payload":{"conform":true}}`,
};

/** The route with what its request needs, where that is known: the exporter's, by its admin API. */
export function completed(route: RouteOptions, summary: unknown): RouteOptions {
  const told = route.method !== undefined || route.body !== undefined;
  const exporter =
    typeof summary === 'object' &&
    summary !== null &&
    'topic' in summary &&
    typeof summary.topic === 'string';
  if (told || !exporter || !/\/v1\/events\/?$/.test(route.url)) return route;
  return { ...route, ...exporterEvent, headers: { ...exporterEvent.headers, ...route.headers } };
}
