import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { parseTraceContext } from '@selfcheer/cheer-kit';
import type { TraceContext, Traffic } from '../event';

const requestId = /^[\w.:/+=@-]{1,128}$/;

/** The caller's request id when it is safe in a log line and a header, a new one otherwise. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && requestId.test(sent) ? sent : randomUUID();
}

/** The W3C trace context of the request; nothing when it is not valid, as its spec demands. */
export function traceOf(headers: IncomingHttpHeaders): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string') return undefined;
  return parseTraceContext(traceparent, typeof tracestate === 'string' ? tracestate : undefined);
}

/** Synthetic when W3C `baggage` says `selfcheer.synthetic=true`; properties after a semicolon don't matter. */
export function trafficOf(headers: IncomingHttpHeaders): Traffic {
  const { baggage } = headers;
  if (typeof baggage !== 'string' || !baggage.includes('selfcheer.synthetic')) return 'real';
  for (const member of baggage.split(',')) {
    const [name, value] = (member.split(';', 1)[0] as string).split('=');
    if (name?.trim() === 'selfcheer.synthetic' && value?.trim() === 'true') return 'synthetic';
  }
  return 'real';
}

/** True for `Prefer: return=minimal` (RFC 7240); the first `return` counts. */
export function prefersMinimal(headers: IncomingHttpHeaders): boolean {
  const { prefer } = headers;
  if (prefer === undefined) return false;
  const wishes = String(prefer).toLowerCase().split(/[,;]/);
  const wish = wishes.map((text) => text.replaceAll(/[\s"]/g, '')).find((text) => text.startsWith('return='));
  return wish === 'return=minimal';
}
