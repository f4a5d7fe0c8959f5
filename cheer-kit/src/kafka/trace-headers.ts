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

/** Each of the values of a header, as one list. */
function headerList(value: HeaderValue): string {
  return ([value].flat() as readonly (Buffer | string | undefined)[]).filter(Boolean).map(String).join(',');
}

/**
 * A copy of headers, of a Kafka message or of an HTTP request, that makes its receiver part of this trace: W3C
 * `traceparent` and `tracestate` of the active span, or, where no spans are made, those that the request came with that is
 * being worked on; and the mark of synthetic traffic in `baggage`. Without any of it, a copy and no more. Of `Headers` and
 * other pairs it makes a record.
 */
export function injectTrace(headers: Iterable<readonly [string, string]>): Record<string, string>;
export function injectTrace<Given extends object>(headers: Given): Given & Record<string, string>;
export function injectTrace(headers: object): object {
  const own = (
    Symbol.iterator in headers ? Object.fromEntries(headers as Iterable<readonly [string, string]>) : headers
  ) as MessageHeaders;
  const request = currentRequest();
  const span = trace.getActiveSpan()?.spanContext();
  const from = span && isSpanContextValid(span) ? traceContextOf(span) : request?.trace;
  return {
    ...own,
    ...(from && { traceparent: from.traceparent }),
    ...(from?.tracestate !== undefined && { tracestate: from.tracestate }),
    ...(request?.synthetic && {
      baggage: headerList([headerList(own['baggage']), syntheticBaggage]),
    }),
  };
}

/** The W3C trace context that a message carries; undefined without a valid one. */
export function extractTrace(headers: MessageHeaders | undefined): TraceContext | undefined {
  return parseTraceContext(headerText(headers, 'traceparent'), headerText(headers, 'tracestate'));
}
