import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { memberOf, textOf } from '../config/member';
import { messageOf } from '../errors';
import { readCounters, type Counters } from './counters';
import type { Attempt, Deliveries, Delivery, Probe } from './evidence';
import { bearer, httpCall, noConnection, oneOf, type Place, type HttpAnswer } from './http';
import { longestName, type FlagValue } from './verify-document';

export interface ServiceOptions {
  /** Admin address, without a slash at the end. */
  readonly admin: string;
  /** Address of its HTTP ingest, without a slash at the end. */
  readonly ingest: string;
  readonly apiKey: string | undefined;
  readonly signal: AbortSignal;
}

export interface ServiceFacts {
  readonly service?: string | undefined;
  readonly version?: string | undefined;
  readonly track?: string | undefined;
  /** Epoch seconds by its own clock when it said so. */
  readonly toldAt?: number | undefined;
}

const probeMs = 5_000;
const callMs = 10_000;
const tries = 3;
const betweenMs = 500;
const statuses: readonly Delivery['status'][] = ['accepted', 'published', 'quarantined', 'dropped'];

/** One side of a comparison, by its admin port and its ingest. Nothing here rejects but for an interruption. */
export class Service {
  private readonly key: Readonly<Record<string, string>>;
  /** Where a name leads to several processes, always the same one, for its admin port and its ingest. */
  private at: Promise<Place | undefined> | undefined;

  constructor(private readonly options: ServiceOptions) {
    this.key = bearer(options.apiKey);
  }

  /** Asks until it is ready, for so long at the most. */
  async probe(withinMs: number): Promise<Probe> {
    const until = performance.now() + withinMs;
    for (;;) {
      const probe = await this.probeOnce();
      if (probe.kind === 'ready' || performance.now() + betweenMs > until) return probe;
      await delay(betweenMs, undefined, { signal: this.options.signal });
    }
  }

  /** What its summary says of it. */
  async facts(): Promise<ServiceFacts> {
    const answer = await this.get('/api/v1/summary');
    const name = (key: string): string | undefined => nameOf(textOf(answer?.body, key));
    return {
      ...{ service: name('service'), version: name('version'), track: name('track') },
      toldAt: answer?.answeredAt,
    };
  }

  /** Its feature flags; none when it does not tell. */
  async flags(): Promise<FlagValue[]> {
    const list = memberOf((await this.get('/api/v1/flags'))?.body, 'flags');
    if (!Array.isArray(list)) return [];
    return list.slice(0, 100).flatMap((item: unknown) => {
      const [flag, variant] = [nameOf(textOf(item, 'flag')), nameOf(textOf(item, 'variant'))];
      const value = memberOf(item, 'value');
      return flag !== undefined && variant !== undefined && isFlagValue(value)
        ? [{ flag, variant, value }]
        : [];
    });
  }

  async counters(): Promise<Counters | undefined> {
    const answer = await this.get('/metrics', 'text/plain');
    return answer && readCounters(answer.text);
  }

  /** Where the events of a run are. */
  async deliveries(run: string): Promise<Deliveries> {
    const answer = await this.get(`/api/v1/synthetic/${run}`, 'application/json', (status, body) => {
      // It keeps books, and this run is not in them.
      return status === 404 && textOf(body, 'code') === 'unknown_run';
    });
    if (!answer) return undefined;
    if (answer.status === 404) return new Map();
    const events = memberOf(answer.body, 'events');
    if (!Array.isArray(events)) return undefined;
    return new Map(events.flatMap(readDelivery));
  }

  /** Sends one synthetic event, and no second time whatever becomes of it. */
  async send(id: string): Promise<Attempt> {
    const { ingest, signal } = this.options;
    const begun = performance.now();
    const attempt = (outcome: Attempt['outcome'], status: number | null, why: string): Attempt => ({
      ...{ id, outcome, status, why },
      seconds: (performance.now() - begun) / 1000,
    });
    try {
      const { status, body } = await httpCall(`${ingest}/v1/events`, {
        method: 'POST',
        json: { event_id: id, type: 'selfcheer.verify', payload: { verify: id } },
        headers: { ...this.key, baggage: 'selfcheer.synthetic=true' },
        ...{ signal, timeoutMs: callMs, at: await this.place(ingest) },
      });
      const results = memberOf(body, 'results');
      const told = Array.isArray(results) ? textOf(results[0], 'status') : undefined;
      if (status === 202 && told === 'accepted') return attempt('accepted', status, '');
      const code = textOf(body, 'code') ?? told;
      return attempt('failed', status, `${status}${code === undefined ? '' : ` ${code.slice(0, 100)}`}`);
    } catch (error) {
      signal.throwIfAborted();
      return attempt(noConnection(error) ? 'unreachable' : 'failed', null, messageOf(error).slice(0, 200));
    }
  }

  private async place(url: string): Promise<Place | undefined> {
    const host = new URL(this.options.admin).hostname;
    this.at ??= oneOf(host);
    return new URL(url).hostname === host ? this.at : undefined;
  }

  private async probeOnce(): Promise<Probe> {
    const { admin, signal } = this.options;
    try {
      const { status } = await httpCall(`${admin}/readyz`, {
        ...{ signal, timeoutMs: probeMs, at: await this.place(admin) },
      });
      return status === 200 ? { kind: 'ready' } : { kind: 'not_ready', status };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'unreachable', why: messageOf(error).slice(0, 200) };
    }
  }

  /** A good answer, or one that is `wanted` too; undefined when three calls brought none. */
  private async get(
    path: string,
    accept = 'application/json',
    wanted: (status: number, body: unknown) => boolean = () => false,
  ): Promise<HttpAnswer | undefined> {
    const { admin, signal } = this.options;
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      try {
        const headers = { ...this.key, accept };
        const answer = await httpCall(`${admin}${path}`, {
          ...{ headers, signal, timeoutMs: callMs, at: await this.place(admin) },
        });
        if (answer.status === 200 || wanted(answer.status, answer.body)) return answer;
        // It will say the same again.
        if (answer.status >= 400 && answer.status < 500) return undefined;
      } catch {
        signal.throwIfAborted();
      }
      if (attempt < tries) await delay(betweenMs, undefined, { signal });
    }
    return undefined;
  }
}

function readDelivery(item: unknown): [string, Delivery][] {
  const id = textOf(item, 'event_id');
  const status = statuses.find((one) => one === textOf(item, 'status'));
  if (id === undefined || !status) return [];
  const [from, to] = [timeOf(memberOf(item, 'accepted_at')), timeOf(memberOf(item, 'settled_at'))];
  const seconds = from === undefined || to === undefined ? null : Math.max(0, to - from) / 1000;
  return [[id, { status, seconds }]];
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** What the document has no room for is not told. */
function nameOf(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text.length > longestName ? undefined : text;
}

function isFlagValue(value: unknown): value is FlagValue['value'] {
  if (typeof value === 'string') return value.length <= 1_000;
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
