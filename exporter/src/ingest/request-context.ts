import type { IncomingHttpHeaders } from 'node:http';
import {
  isSampled,
  parseTraceContext,
  requestIdOf as safeRequestId,
  traceIdOf,
  trafficOf as trafficOfBaggage,
} from '@selfcheer/cheer-kit';
import type { TraceContext, Traffic } from '../event';

/** The caller's request id when it is safe in a log line and a header, a new one otherwise. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  return safeRequestId(headers['x-request-id']);
}

/** The W3C trace context of the request; nothing when it is not valid, as its spec demands. */
export function traceOf(headers: IncomingHttpHeaders): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string') return undefined;
  return parseTraceContext(traceparent, typeof tracestate === 'string' ? tracestate : undefined);
}

/** The trace id for an exemplar: only of a trace that is recorded, since an exemplar should lead somewhere. */
export function exemplarOf(trace: TraceContext | undefined): string | undefined {
  return trace && isSampled(trace) ? traceIdOf(trace) : undefined;
}

/** Synthetic when W3C `baggage` says `selfcheer.synthetic=true`. */
export function trafficOf({ baggage }: IncomingHttpHeaders): Traffic {
  return trafficOfBaggage(typeof baggage === 'string' ? baggage : undefined);
}

/** True for `Prefer: return=minimal` (RFC 7240); the first `return` counts. */
export function prefersMinimal(headers: IncomingHttpHeaders): boolean {
  const { prefer } = headers;
  if (prefer === undefined) return false;
  const wishes = String(prefer).toLowerCase().split(/[,;]/);
  const wish = wishes.map((text) => text.replaceAll(/[\s"]/g, '')).find((text) => text.startsWith('return='));
  return wish === 'return=minimal';
}
