import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parseTraceContext } from '../trace-context';
import { TracedWork } from '../work/traced-work';
import { trafficOf } from './traffic';

const requestId = /^[\w.:/+=@-]{1,128}$/;

/** The caller's request id where it is safe in a log line and a header, else a new one. */
export function requestIdOf(sent: string | readonly string[] | undefined): string {
  return typeof sent === 'string' && requestId.test(sent) ? sent : randomUUID();
}

/** What a request says of itself in its headers. What costs something is found out when it is asked for. */
export class HttpRequest extends TracedWork {
  private requestId: string | undefined;

  constructor(readonly message: IncomingMessage) {
    const { traceparent, tracestate, baggage } = message.headers;
    super(
      traceparent === undefined ? undefined : parseTraceContext(traceparent, tracestate),
      baggage === undefined ? 'real' : trafficOf(String(baggage)),
    );
  }

  get correlationId(): string {
    return this.traceId ?? (this.requestId ??= requestIdOf(this.message.headers['x-request-id']));
  }
}
