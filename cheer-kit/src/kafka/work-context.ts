import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { trafficOf } from '../http/traffic';
import { redactText } from '../redact-text';
import type { RequestContext } from '../request-context';
import { isSampled, traceIdOf, type TraceContext } from '../trace-context';
import { remoteContext, spanContextOf } from '../tracing/span-context';
import type { TrafficKind } from '../verdict';
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
export class MessageWork implements RequestContext {
  /** The one that all of them belong to. */
  readonly trace: TraceContext | undefined;
  readonly traffic: TrafficKind;
  /** How many of them are real traffic, or all of them when none is. */
  readonly count: number;
  traceId: string | undefined;
  sampled: boolean;
  private readonly traces: readonly TraceContext[];

  constructor(
    private readonly place: MessagePlace,
    private readonly messages: readonly ConsumedMessage[],
  ) {
    this.traces = messages.flatMap(({ headers }) => extractTrace(headers) ?? []);
    const real = messages.filter(({ headers }) => messageTraffic(headers) === 'real').length;
    this.traffic = real > 0 ? 'real' : 'synthetic';
    this.count = real > 0 ? real : messages.length;
    const [first] = this.traces;
    const common = this.traces.length === messages.length ? first : undefined;
    this.trace =
      common && this.traces.every((each) => traceIdOf(each) === traceIdOf(common)) ? common : undefined;
    this.traceId = this.trace && traceIdOf(this.trace);
    this.sampled = this.trace !== undefined && isSampled(this.trace);
  }

  get synthetic(): boolean {
    return this.traffic === 'synthetic';
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
    const span = tracer.startSpan(
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
    const { traceId, traceFlags } = span.spanContext();
    this.traceId = traceId;
    this.sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    return { span, active: trace.setSpan(parent, span) };
  }
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
