import { context, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { redactText } from '../redact-text';
import type { ResilienceEvent } from './events';

/**
 * A span `downstream_call` for each attempt, child of what is active where the call was made, and an event on that for
 * each retry, fallback, and call that was not tried: `downstream.subscribe(downstreamSpans())`. Without an
 * OpenTelemetry SDK it does nothing.
 *
 * Attributes as in the OpenTelemetry semantic conventions 1.45: `service.peer.name`, `server.address`, `server.port`,
 * `error.type`, `http.response.status_code` (of failures), `http.request.resend_count`.
 */
export function downstreamSpans(): (event: ResilienceEvent) => void {
  return (event) => {
    const tracer = trace.getTracer('@selfcheer/cheer-kit');
    switch (event.type) {
      case 'call': {
        const { downstream, attempt, seconds, server, error } = event;
        if (attempt === 0) {
          mark('downstream_call rejected', { 'service.peer.name': downstream, ...attributesOf(error) });
          return;
        }
        const endedAt = Date.now();
        const span = tracer.startSpan(
          'downstream_call',
          {
            kind: SpanKind.CLIENT,
            startTime: endedAt - seconds * 1000,
            attributes: {
              'service.peer.name': downstream,
              ...(server && { 'server.address': server.address, 'server.port': server.port }),
              ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
              ...attributesOf(error),
            },
          },
          context.active(),
        );
        if (error) span.setStatus({ code: SpanStatusCode.ERROR, message: redactText(error.message) });
        span.end(endedAt);
        return;
      }
      case 'retry': {
        const { downstream, delaySeconds, error } = event;
        mark('retry', {
          'service.peer.name': downstream,
          'retry.delay_seconds': delaySeconds,
          ...attributesOf(error),
        });
        return;
      }
      case 'fallback':
        mark('fallback', { 'service.peer.name': event.downstream, ...attributesOf(event.error) });
        return;
      case 'breaker':
        // The breaker belongs to no call in particular: it is told by metrics and the cheer.
        return;
    }
  };
}

function mark(name: string, attributes: Attributes): void {
  trace.getActiveSpan()?.addEvent(name, attributes);
}

function attributesOf(error: Error | undefined): Attributes {
  if (!error) return {};
  const status = 'status' in error && typeof error.status === 'number' ? error.status : undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  // A status that is an error is the error's type: so the conventions want it.
  return {
    'error.type': status === undefined || status < 400 ? code : String(status),
    ...(status !== undefined && { 'http.response.status_code': status }),
  };
}
