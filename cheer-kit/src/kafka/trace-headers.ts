import { isSpanContextValid, trace } from '@opentelemetry/api';
import { syntheticBaggage } from '../http/traffic';
import { currentRequest } from '../request-context';
import { parseTraceContext, type TraceContext } from '../trace-context';
import { traceContextOf } from '../tracing/span-context';

/** Header values as Kafka clients and Node have them. */
export type HeaderValue = Buffer | string | readonly (Buffer | string)[] | undefined;
/** Headers of a Kafka message, or of a request. */
export type MessageHeaders = Readonly<Record<string, HeaderValue>>;

/** The value of a header as text; the first one when there are several. */
export function headerText(headers: MessageHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name];
  const first = Array.isArray(value)
    ? (value as readonly (Buffer | string)[])[0]
    : (value as Buffer | string | undefined);
  return first === undefined ? undefined : String(first);
}

/**
 * A copy of headers, of a Kafka message or of an HTTP request, that makes its receiver part of this trace: W3C
 * `traceparent` and `tracestate` of the active span, or, where no spans are made, those that the request came with that is
 * being worked on; and the mark of synthetic traffic in `baggage`. Without any of it, a copy and no more.
 */
export function injectTrace<Headers extends object>(headers: Headers): Headers & Record<string, string> {
  const request = currentRequest();
  const span = trace.getActiveSpan()?.spanContext();
  const from = span && isSpanContextValid(span) ? traceContextOf(span) : request?.trace;
  const { baggage } = headers as { readonly baggage?: unknown };
  return {
    ...headers,
    ...(from && { traceparent: from.traceparent }),
    ...(from?.tracestate !== undefined && { tracestate: from.tracestate }),
    ...(request?.synthetic && {
      baggage:
        typeof baggage === 'string' && baggage !== '' ? `${baggage},${syntheticBaggage}` : syntheticBaggage,
    }),
  };
}

/** The W3C trace context that a message carries; undefined without a valid one. */
export function extractTrace(headers: MessageHeaders | undefined): TraceContext | undefined {
  return parseTraceContext(headerText(headers, 'traceparent'), headerText(headers, 'tracestate'));
}
