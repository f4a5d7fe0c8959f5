import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { isSampled, redactText, remoteContext, spanContextOf, traceIdOf } from '@selfcheer/cheer-kit';
import { messageOf } from '../errors';
import type { StepRunner, StoredEvent, TraceContext } from '../event';
import type { OutgoingMessage, Publisher, PublishOutcome } from './publisher';

/** As many as a span has by default (OpenTelemetry specification); those that come after are not linked. */
const maxLinks = 128;

/** Makes the spans of batches. */
export class BatchSpans {
  constructor(
    private readonly tracer: Tracer,
    private readonly sink: Publisher['downstream'],
  ) {}

  /** Undefined when none of the events is of a recorded trace: then nothing is made. */
  begin(events: readonly StoredEvent[]): BatchTrace | undefined {
    const recorded = recordedOf(events.length, (i) => events[i]?.trace);
    return recorded.contexts.length > 0 ? new BatchTrace(this.tracer, this.sink, recorded) : undefined;
  }
}

/** The different recorded contexts of a batch, the first ones of them, and whether all its events are of one trace. */
interface Recorded {
  readonly contexts: readonly TraceContext[];
  readonly oneTrace: boolean;
}

/** What a step did for the batch so far; in milliseconds. */
interface StepSpan {
  readonly span: Span;
  readonly context: Context;
  events: number;
  busyMs: number;
  /** Monotonic. */
  endedAt: number;
}

/**
 * The spans of one batch: `enrichment_step` for each step, `kafka_publish` for each send. When all its events are of one
 * trace they are children of the span that took the first event; else the first of them begins a trace of the batch's own,
 * and they link to the events' spans. A step takes the events in turns with the other steps: its span lasts from its first
 * event to its last, and `selfcheer.step.busy_seconds` is the time that it had of that, waits for others included.
 */
export class BatchTrace implements StepRunner {
  private parent: Context;
  private readonly steps = new Map<string, StepSpan>();
  private readonly contexts: Recorded['contexts'];

  constructor(
    private readonly tracer: Tracer,
    private readonly sink: Publisher['downstream'],
    { contexts, oneTrace }: Recorded,
  ) {
    this.contexts = contexts;
    this.parent = oneTrace ? remoteContext(contexts[0]) : ROOT_CONTEXT;
  }

  /** Where its spans are; before the first one, and when it is of one trace, that of its first recorded event. */
  get traceId(): string {
    return trace.getSpanContext(this.parent)?.traceId ?? traceIdOf(this.contexts[0] as TraceContext);
  }

  run<T>(step: string, work: () => T): T {
    const one = this.step(step);
    one.events += 1;
    const from = performance.now();
    const done = (): void => {
      one.endedAt = performance.now();
      one.busyMs += one.endedAt - from;
    };
    let result: T;
    try {
      result = context.with(one.context, work);
    } catch (error) {
      done();
      throw error;
    }
    if (result instanceof Promise) return result.finally(done) as T;
    done();
    return result;
  }

  /** All events of the batch are through. */
  endSteps(): void {
    for (const { span, events, busyMs, endedAt } of this.steps.values()) {
      span.setAttributes({ 'selfcheer.events': events, 'selfcheer.step.busy_seconds': busyMs / 1000 });
      span.end(endedAt);
    }
    this.steps.clear();
  }

  /** A send begins; call what it returns with its outcome. */
  sending(
    topic: string,
    messages: readonly OutgoingMessage[],
    retry: boolean,
  ): (outcome: PublishOutcome) => void {
    const links = recordedOf(messages.length, (i) => contextOf(messages[i])).contexts;
    // Messaging conventions 1.45: of kind client, as the messages carry the context that they were taken with.
    const span = this.start('kafka_publish', SpanKind.CLIENT, links, {
      'messaging.system.name': this.sink === 'kafka' ? 'kafka' : 'selfcheer.log',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'send',
      'messaging.destination.name': topic,
      'messaging.batch.message_count': messages.length,
      'selfcheer.lane': messages[0]?.lane ?? 0,
      ...(retry && { 'selfcheer.retry': true }),
    });
    return (outcome) => {
      if (outcome.kind !== 'published') {
        const { publishedIndexes, error } = outcome;
        span.setAttribute('error.type', 'reason' in outcome ? outcome.reason : outcome.kind);
        if (publishedIndexes) span.setAttribute('selfcheer.events.published', publishedIndexes.length);
        span.setStatus({ code: SpanStatusCode.ERROR, message: redactText(messageOf(error)) });
      }
      span.end();
    };
  }

  private step(name: string): StepSpan {
    const known = this.steps.get(name);
    if (known) return known;
    const span = this.start('enrichment_step', SpanKind.INTERNAL, this.contexts, { 'selfcheer.step': name });
    const step = { span, context: trace.setSpan(this.parent, span), events: 0, busyMs: 0, endedAt: 0 };
    this.steps.set(name, step);
    return step;
  }

  private start(name: string, kind: SpanKind, contexts: Recorded['contexts'], attributes: Attributes): Span {
    const parent = trace.getSpanContext(this.parent);
    const links = contexts
      .map((one): Link => ({ context: spanContextOf(one) }))
      .filter(({ context: { spanId } }) => spanId !== parent?.spanId);
    const span = this.tracer.startSpan(name, { kind, attributes, links }, this.parent);
    if (!parent) this.parent = trace.setSpan(ROOT_CONTEXT, span);
    return span;
  }
}

function recordedOf(count: number, contextAt: (index: number) => TraceContext | undefined): Recorded {
  const contexts = new Map<string, TraceContext>();
  let oneTrace = true;
  let traceId: string | undefined;
  for (let i = 0; i < count; i++) {
    const one = contextAt(i);
    if (!one) {
      oneTrace = false;
      continue;
    }
    traceId ??= traceIdOf(one);
    oneTrace &&= one.traceparent.startsWith(traceId, 3);
    if (contexts.size < maxLinks && isSampled(one)) contexts.set(one.traceparent, one);
  }
  return { contexts: [...contexts.values()], oneTrace };
}

function contextOf(message: OutgoingMessage | undefined): TraceContext | undefined {
  const { traceparent, tracestate } = message?.headers ?? {};
  if (traceparent === undefined) return undefined;
  return { traceparent, ...(tracestate !== undefined && { tracestate }) };
}
