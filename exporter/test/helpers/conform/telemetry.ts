import { randomBytes } from 'node:crypto';
import { families } from '../../../src/conform/contract';
import type { Fault } from './faults';

/** One request as the service saw it. */
export interface Served {
  readonly method: string;
  readonly path: string;
  /** The pattern; undefined when no route matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly synthetic: boolean;
  readonly cookie: string | undefined;
}

type Labels = Readonly<Record<string, string>>;

/** What a conforming service tells of its requests, written by hand, so that a test can spoil each part of it. */
export class Telemetry {
  private readonly counts = new Map<string, number>();
  private exemplar = '';
  private spans: object[] = [];
  private exporting: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly broken: (fault: Fault) => boolean,
    private readonly endpoint: string | undefined,
    private readonly write: (line: string) => void,
  ) {}

  served(request: Served): void {
    const { broken } = this;
    const { method, path, status, synthetic } = request;
    const [, traceId = randomBytes(16).toString('hex'), , flags = '01'] =
      request.traceparent?.split('-') ?? [];
    const sampled = flags === '01';
    const raw = broken(request.route === undefined ? 'unmatched path as route' : 'path as route');
    const route = raw ? path : (request.route ?? '*');
    const known = ['GET', 'POST'].includes(method) || broken('method as sent') ? method : 'other';
    const asked = broken('requests without method') ? {} : { method: known };
    const answered = broken('requests without status') ? {} : { status_code: String(status) };
    if (!broken('requests not counted')) this.count('http_requests_total', { ...asked, route, ...answered });
    const timed = { ...(broken('times without method') ? {} : { method: known }), route };
    if (!broken('requests not timed')) {
      this.count('http_request_duration_seconds_bucket', { ...timed, le: '+Inf' });
      this.count('http_request_duration_seconds_count', timed);
    }
    if ((sampled || broken('exemplar of all')) && !broken('no exemplar')) this.exemplar = traceId;

    const traffic = synthetic ? 'synthetic' : 'real';
    const kinds = synthetic && broken('synthetic as real, too') ? [traffic, 'real'] : [traffic];
    const counted = !(synthetic && broken('synthetic not counted')) && !broken('batches not counted');
    for (const kind of counted ? kinds : []) {
      this.count('cheer_batches_total', { traffic: kind });
      if (!broken('batches without outcome')) this.count('cheer_cheers_total', { traffic: kind });
    }
    const inSlo = synthetic ? broken('synthetic in the SLO') : !broken('not in the SLO');
    if (inSlo) this.count('cheer_slo_events_total', { slo: 'http-availability', result: 'good' });

    const id = broken('no trace id in the log') ? 'run' : traceId;
    const cookie = broken('cookie in the log') ? { cookie: request.cookie } : {};
    const entry = { level: 'info', time: new Date().toISOString(), correlation_id: id, msg: 'answered' };
    this.write(JSON.stringify({ ...entry, ...cookie }));
    for (const [fault, member] of bareLines) {
      if (broken(fault)) this.write(JSON.stringify({ ...entry, [member]: undefined }));
    }
    if ((sampled || broken('unsampled spans')) && !broken('no spans')) this.record(request, traceId);
  }

  /** Resolves when every span so far was exported, or could not be. */
  async flush(): Promise<void> {
    const spans = this.spans;
    this.spans = [];
    if (this.endpoint === undefined || spans.length === 0) return this.exporting.then(() => undefined);
    const attributes = [{ key: 'service.name', value: { stringValue: 'orders' } }];
    const body = JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] });
    const headers = { 'content-type': 'application/json' };
    const sent = fetch(`${this.endpoint}/v1/traces`, { method: 'POST', headers, body }).catch(
      () => undefined,
    );
    this.exporting = Promise.all([this.exporting, sent]);
    await this.exporting;
  }

  metrics(open: boolean): string {
    const { broken } = this;
    const lines: string[] = [];
    for (const { name, type, labels, required } of families) {
      if (name === 'cheer_shed_total' && broken('metric missing')) continue;
      if (broken(`no metric ${name}`)) continue;
      if (!required && !name.startsWith('http_request')) continue;
      const other =
        (name === 'cheer_health' && broken('metric of another type')) || broken(`another type of ${name}`);
      const told = !other ? type : type === 'gauge' ? 'counter' : 'gauge';
      lines.push(`# TYPE ${open && type === 'counter' ? name.replace(/_total$/, '') : name} ${told}`);
      if (name.startsWith('http_request')) continue;
      for (const each of combinations(labels)) {
        if (each['reason'] === 'timeout' && broken('series missing')) continue;
        const key = keyOf(type === 'histogram' ? `${name}_count` : name, each);
        const bare = Object.keys(each).filter((label) => broken(`no label ${label} of ${name}`));
        const told = bare.reduce((text, label) => withoutLabel(text, label), key);
        if (!broken(`no series ${key}`)) lines.push(`${told} ${this.counts.get(key) ?? 0}`);
      }
    }
    for (const [key, value] of this.counts) {
      if (!key.startsWith('http_request')) continue;
      const sample = key.startsWith('http_requests_total') ? this.withStrange(key) : key;
      const exemplar = open && this.exemplar !== '' && key.includes('_bucket');
      lines.push(`${sample} ${value}${exemplar ? ` # {trace_id="${this.exemplar}"} 0.01 1700000000.0` : ''}`);
    }
    if (broken('too many series'))
      for (let n = 0; n < 1_000; n += 1) lines.push(`orders_total{shop="s${n}"} 1`);
    if (broken('unreadable line')) lines.push('orders_total{shop=x} 1');
    return `${lines.join('\n')}\n${(open ? !broken('OpenMetrics without EOF') : broken('EOF in plain text')) ? '# EOF\n' : ''}`;
  }

  private record(request: Served, sentTrace: string): void {
    const { broken } = this;
    const { method, path, status, tracestate } = request;
    const [, , parent = ''] = request.traceparent?.split('-') ?? [];
    const route = broken('path as http.route') ? path : request.route;
    const raw =
      broken('path as span name') || (route === undefined && broken('path as name of an unmatched span'));
    const text = (key: string, value: string | undefined): object[] =>
      value === undefined ? [] : [{ key, value: { stringValue: value } }];
    this.spans.push({
      traceId: broken('trace of its own') ? randomBytes(16).toString('hex') : sentTrace,
      spanId: randomBytes(8).toString('hex'),
      ...(!broken('parent left out') && { parentSpanId: parent }),
      ...(!broken('tracestate left out') && { traceState: tracestate }),
      name: raw ? `${method} ${path}` : `${method} ${request.route ?? ''}`.trim(),
      kind: broken('span of another kind') ? 1 : 2,
      startTimeUnixNano: '1',
      endTimeUnixNano: '2',
      attributes: [
        ...(broken('no method in the span') ? [] : text('http.request.method', method)),
        ...(broken('no http.route') ? [] : text('http.route', route)),
        ...(broken('cookie in a span') ? text('http.request.header.cookie', request.cookie) : []),
        ...(broken('no status in the span')
          ? []
          : [{ key: 'http.response.status_code', value: { intValue: status } }]),
      ],
    });
  }

  private count(name: string, labels: Labels): void {
    const key = keyOf(name, labels);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  private withStrange(key: string): string {
    const strange = strangeLabels.filter((label) =>
      this.broken(label === 'shop' ? 'label of its own' : `label ${label}`),
    );
    return strange.reduce((text, label) => text.replace('{', `{${label}="orders",`), key);
  }
}

const bareLines = [
  ['line without correlation id', 'correlation_id'],
  ['line without time', 'time'],
  ['line without level', 'level'],
  ['line without msg', 'msg'],
] as const;

const strangeLabels = ['service', 'job', 'instance', 'namespace', 'shop'] as const;

function withoutLabel(key: string, label: string): string {
  return key.replace(new RegExp(`([{,])${label}="[^"]*",?`), '$1');
}

export function keyOf(name: string, labels: Labels): string {
  const list = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return list.length === 0 ? name : `${name}{${list.join(',')}}`;
}

/** Every value of closed lists; names of its own are one each. */
export function combinations(labels: Readonly<Record<string, readonly string[] | RegExp>>): Labels[] {
  let all: Labels[] = [{}];
  for (const [label, list] of Object.entries(labels)) {
    const values = list instanceof RegExp ? [label === 'slo' ? 'http-availability' : '1.2.0'] : list;
    all = all.flatMap((one) => values.map((value) => ({ ...one, [label]: value })));
  }
  return all;
}
