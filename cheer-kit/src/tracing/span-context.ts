import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import { isSampled, traceIdOf, type TraceContext } from '../trace-context';

/** Of a W3C trace context (Recommendation 2021) that came from elsewhere; for a parent or a link. */
export function spanContextOf(from: TraceContext): SpanContext {
  return {
    traceId: traceIdOf(from),
    spanId: from.traceparent.slice(36, 52),
    traceFlags: isSampled(from) ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(from.tracestate !== undefined && { traceState: createTraceState(from.tracestate) }),
  };
}

/** A context in which spans are children of what came from elsewhere, or roots when nothing did. */
export function remoteContext(from: TraceContext | undefined): Context {
  return from ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(from)) : ROOT_CONTEXT;
}

/** W3C trace context that makes what receives it a child of this span. */
export function traceContextOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const tracestate = traceState?.serialize();
  const flags = traceFlags.toString(16).padStart(2, '0');
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, ...(tracestate && { tracestate }) };
}

/** The trace id of the span that is active here, recorded or not; undefined without one. */
export function activeTraceId(): string | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  return active && isSpanContextValid(active) ? active.traceId : undefined;
}
