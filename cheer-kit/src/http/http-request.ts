import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestContext } from '../request-context';
import { isSampled, parseTraceContext, traceIdOf, type TraceContext } from '../trace-context';
import type { TrafficKind } from '../verdict';
import { trafficOf } from './traffic';

const requestId = /^[\w.:/+=@-]{1,128}$/;

/** The caller's request id where it is safe in a log line and a header, else a new one. */
export function requestIdOf(sent: string | readonly string[] | undefined): string {
  return typeof sent === 'string' && requestId.test(sent) ? sent : randomUUID();
}

/** What a request says of itself in its headers. What costs something is found out when it is asked for. */
export class HttpRequest implements RequestContext {
  readonly trace: TraceContext | undefined;
  readonly traffic: TrafficKind;
  /** Of our own span where there is one, else of the caller's. */
  traceId: string | undefined;
  /** Whether somebody keeps that trace: only then its id is worth an exemplar. */
  sampled: boolean;
  private requestId: string | undefined;

  constructor(readonly message: IncomingMessage) {
    const { traceparent, tracestate, baggage } = message.headers;
    this.trace = traceparent === undefined ? undefined : parseTraceContext(traceparent, tracestate);
    this.traceId = this.trace && traceIdOf(this.trace);
    this.sampled = this.trace !== undefined && isSampled(this.trace);
    this.traffic = baggage === undefined ? 'real' : trafficOf(String(baggage));
  }

  get synthetic(): boolean {
    return this.traffic === 'synthetic';
  }

  get correlationId(): string {
    return this.traceId ?? (this.requestId ??= requestIdOf(this.message.headers['x-request-id']));
  }
}
