import { missed, unchecked, unless, type Check, type Finding } from './finding';
import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver';
import { newTrace } from './request-plan';
import { eventually, needsCommand, type Subject } from './subject';

/** What requests leave at an OTLP receiver. */
export const traceChecks: readonly Check[] = [
  {
    id: 'trace-context',
    expected:
      'the server span of a request with a W3C traceparent is a child of it, keeps its tracestate, and is not exported when it is not sampled',
    mend: 'Start tracing with the kit (startTracing) and let its middleware read the headers; keep the sampler parent-based.',
    run: traced(async (subject, traces) => {
      const unsampled = newTrace(false);
      await subject.plan.send(unsampled.headers);
      const trace = newTrace();
      await subject.plan.send(trace.headers);
      const span = await serverSpan(subject, traces, trace.traceId);
      if (!span) return missed(`no server span of trace ${trace.traceId}; ${received(traces)}`);
      const problems: string[] = [];
      if (span.parentSpanId !== trace.parentId) {
        problems.push(`its parent is ${span.parentSpanId ?? 'none'}, not ${trace.parentId}`);
      }
      if (span.traceState !== trace.headers['tracestate'])
        problems.push(`tracestate ${span.traceState || 'left out'}`);
      if (traces.spans().some(({ traceId }) => traceId === unsampled.traceId)) {
        problems.push('spans of a request that was not sampled (traceparent ends in 00)');
      }
      return unless(problems, `${span.name} is a child of what was sent`);
    }),
  },
  {
    id: 'route-span',
    expected:
      'a server span has http.route (the pattern), http.request.method, http.response.status_code, and a name without paths and ids',
    mend: 'Name the span by the route that matched, when it is known: `METHOD route`; the middleware of the kit does.',
    run: traced(async (subject, traces) => {
      const { plan } = subject;
      const lost = newTrace();
      await plan.sendUnmatched('GET', lost.headers);
      const first = await served(subject, traces);
      const second = first && (await served(subject, traces));
      if (!first || !second) return missed(`no server span of a request; ${received(traces)}`);
      const problems: string[] = [];
      const marks = plan.variesPath ? [plan.token, first.id, second.id] : [plan.token];
      const unmatched = traces
        .spans()
        .filter(({ traceId, kind }) => traceId === lost.traceId && kind === 'server');
      for (const { name, attributes } of [first.span, second.span, ...unmatched]) {
        for (const text of [name, attributes['http.route']]) {
          if (typeof text === 'string' && marks.some((mark) => text.includes(mark))) {
            problems.push(`the path is in ${text === name ? 'the name of a span' : 'http.route'}: ${text}`);
          }
        }
      }
      const { attributes } = first.span;
      for (const [name, value] of [
        ['http.request.method', plan.method],
        ['http.response.status_code', first.status],
      ] as const) {
        if (attributes[name] !== value)
          problems.push(`${name} is ${JSON.stringify(attributes[name])}, not ${value}`);
      }
      const route = attributes['http.route'];
      if (typeof route !== 'string' || route === '') return missed(...problems, 'no http.route');
      return unless([...new Set(problems)], `${first.span.name}, http.route ${route}`);
    }),
  },
];

/** A check that reads spans. */
function traced(run: (subject: Subject, traces: OtlpReceiver) => Promise<Finding>): Check['run'] {
  return (subject) =>
    subject.own ? run(subject, subject.own.traces) : Promise.resolve(unchecked(needsCommand));
}

export function serverSpan(
  subject: Pick<Subject, 'limits' | 'signal'>,
  traces: OtlpReceiver,
  traceId: string,
): Promise<ReceivedSpan | undefined> {
  return eventually(subject, () => spanOf(traces, traceId));
}

/** The server span of a trace, if it has come. */
export function spanOf(traces: OtlpReceiver, traceId: string): ReceivedSpan | undefined {
  return traces.spans().find((span) => span.traceId === traceId && span.kind === 'server');
}

async function served(
  subject: Subject,
  traces: OtlpReceiver,
): Promise<{ readonly span: ReceivedSpan; readonly id: string; readonly status: number } | undefined> {
  const trace = newTrace();
  const { id, status } = await subject.plan.send(trace.headers);
  const span = await serverSpan(subject, traces, trace.traceId);
  return span && { span, id, status };
}

function received(traces: OtlpReceiver): string {
  const spans = traces.spans();
  if (spans.length === 0) return 'no span was exported at all';
  return `${spans.length} others were exported: ${[...new Set(spans.map(({ name }) => name))].slice(0, 5).join(', ')}`;
}
