import {
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import type { RequestContext } from '../request-context';
import { isSampled, traceIdOf, type TraceContext } from '../trace-context';
import { remoteContext } from '../tracing/span-context';
import type { TrafficKind } from '../verdict';

/** One piece of work, as far as its sender says something of it: a request, a call, a message or a batch of these. */
export abstract class TracedWork implements RequestContext {
  /** Of our own span where there is one, else of the caller's. */
  traceId: string | undefined;
  /** Whether somebody keeps that trace: only then its id is worth an exemplar. */
  sampled: boolean;

  constructor(
    /** As the caller sent it. */
    readonly trace: TraceContext | undefined,
    readonly traffic: TrafficKind,
  ) {
    this.traceId = trace && traceIdOf(trace);
    this.sampled = trace !== undefined && isSampled(trace);
  }

  get synthetic(): boolean {
    return this.traffic === 'synthetic';
  }

  abstract get correlationId(): string;

  /** A span of this work, child of its caller's, and the context in which it is active. */
  beginSpan(
    tracer: Tracer,
    name: string,
    options: SpanOptions,
    parent: Context = remoteContext(this.trace),
  ): { span: Span; active: Context } {
    const span = tracer.startSpan(name, options, parent);
    const { traceId, traceFlags } = span.spanContext();
    this.traceId = traceId;
    this.sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    return { span, active: trace.setSpan(parent, span) };
  }
}
