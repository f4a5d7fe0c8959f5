import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { trafficOf } from '../http/traffic';
import { redactText } from '../redact-text';
import { traceIdOf, type TraceContext } from '../trace-context';
import { remoteContext, spanContextOf } from '../tracing/span-context';
import type { TrafficKind } from '../verdict';
import { TracedWork } from '../work/traced-work';
import { extractTrace, headerText, type MessageHeaders } from './trace-headers';

/** The most that a span links to. */
const mostLinks = 128;

/** A message as a consumer gets it, by kafkajs and whoever is like it. */
export interface ConsumedMessage {
  readonly key?: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: string;
  readonly headers?: MessageHeaders;
}

/** Where messages came from. */
export interface MessagePlace {
  readonly topic: string;
  readonly partition: number;
  readonly group: string | undefined;
}

/** Synthetic as the exporter marks it, or by W3C baggage. */
export function messageTraffic(headers: MessageHeaders | undefined): TrafficKind {
  return headerText(headers, 'synthetic') === 'true'
    ? 'synthetic'
    : trafficOf(headerText(headers, 'baggage'));
}

/** What handlers run in: one message, or the fresh ones of a batch, at least one. */
export class MessageWork extends TracedWork {
  /** How many of them are real traffic, or all of them when none is. */
  readonly count: number;
  private readonly traces: readonly TraceContext[];

  constructor(
    private readonly place: MessagePlace,
    private readonly messages: readonly ConsumedMessage[],
  ) {
    const traces = messages.flatMap(({ headers }) => extractTrace(headers) ?? []);
    const real = messages.filter(({ headers }) => messageTraffic(headers) === 'real').length;
    super(traces.length === messages.length ? commonOf(traces) : undefined, real > 0 ? 'real' : 'synthetic');
    this.traces = traces;
    this.count = real > 0 ? real : messages.length;
  }

  get correlationId(): string {
    const { topic, partition } = this.place;
    return this.traceId ?? `${topic}/${partition}/${this.messages[0]?.offset}`;
  }

  /**
   * A consumer span, child of the trace that all messages belong to, else a root that links to theirs. Name and
   * attributes as in the OpenTelemetry semantic conventions 1.45 for messaging and Kafka.
   */
  startSpan(tracer: Tracer, batch: boolean): { span: Span; active: Context } {
    const { topic, partition, group } = this.place;
    const parent = this.trace ? remoteContext(this.trace) : ROOT_CONTEXT;
    const [first] = this.messages;
    const id = headerText(first?.headers, 'ce_id');
    return this.beginSpan(
      tracer,
      `process ${topic}`,
      {
        kind: SpanKind.CONSUMER,
        attributes: {
          'messaging.system.name': 'kafka',
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
          'messaging.destination.name': topic,
          'messaging.destination.partition.id': String(partition),
          ...(group !== undefined && { 'messaging.consumer.group.name': group }),
          ...(batch && { 'messaging.batch.message_count': this.messages.length }),
          ...(!batch && { 'kafka.offset': Number(first?.offset) }),
          ...(!batch && id !== undefined && { 'messaging.message.id': id }),
        },
        links: this.trace
          ? []
          : this.traces.slice(0, mostLinks).map((each) => ({ context: spanContextOf(each) })),
      },
      parent,
    );
  }
}

/** The trace that all of them belong to, by the first of them. */
function commonOf([first, ...others]: readonly TraceContext[]): TraceContext | undefined {
  return first && others.every((each) => traceIdOf(each) === traceIdOf(first)) ? first : undefined;
}

export function endMessageSpan(span: Span, error: Error | undefined): void {
  if (error) {
    span.setAttribute(
      'error.type',
      'code' in error && typeof error.code === 'string' ? error.code : error.name,
    );
    span.setStatus({ code: SpanStatusCode.ERROR, message: redactText(error.message) });
  }
  span.end();
}
