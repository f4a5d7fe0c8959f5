import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { SpanKind, SpanStatusCode, type Context, type Span, type Tracer } from '@opentelemetry/api';
import type { HttpRequest } from './http-request';
import { unmatchedRoute } from './route-pattern';

/** Methods by their own name in spans; others are `_OTHER` there. RFC 9110, RFC 5789. */
const methods = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'QUERY',
]);

/** How a request ended. */
export interface HttpEnd {
  readonly route: string;
  readonly statusCode: number;
  /** Who broke it off before the answer was sent; absent when it was. */
  readonly abortedBy?: 'caller' | 'service' | undefined;
}

/**
 * The server span of a request, child of its caller's, and the context in which it is active. Attributes and names as in
 * the OpenTelemetry semantic conventions 1.45 for HTTP. The query stays out: credentials stand in it.
 */
export function startHttpSpan(tracer: Tracer, request: HttpRequest): { span: Span; active: Context } {
  const { message } = request;
  const method = message.method ?? 'GET';
  const known = methods.has(method);
  const begun = request.beginSpan(tracer, known ? method : 'HTTP', {
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': known ? method : '_OTHER',
      'url.path': pathOf(message),
      'url.scheme': (message.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http',
    },
  });
  if (begun.span.isRecording()) describe(begun.span, message, known ? undefined : method);
  return begun;
}

function describe(span: Span, message: IncomingMessage, original: string | undefined): void {
  const { headers, socket, httpVersion } = message;
  const agent = headers['user-agent'];
  span.setAttributes({
    'network.protocol.version': httpVersion,
    ...(socket.localPort !== undefined && { 'server.port': socket.localPort }),
    ...(headers.host !== undefined && { 'server.address': headers.host.replace(/:\d{1,5}$/, '') }),
    ...(socket.remoteAddress !== undefined && { 'client.address': socket.remoteAddress }),
    ...(agent !== undefined && { 'user_agent.original': agent }),
    ...(original !== undefined && { 'http.request.method_original': original }),
  });
}

/** A server's span is in error only for what is the server's fault: the caller's 4xx are not. */
export function endHttpSpan(
  span: Span,
  message: IncomingMessage,
  { route, statusCode, abortedBy }: HttpEnd,
): void {
  if (span.isRecording()) {
    const method = message.method ?? 'GET';
    if (route !== unmatchedRoute) {
      span.setAttribute('http.route', route);
      span.updateName(`${methods.has(method) ? method : 'HTTP'} ${route}`);
    }
    if (abortedBy === undefined) span.setAttribute('http.response.status_code', statusCode);
    if (abortedBy === 'service' || statusCode >= 500) {
      span.setAttribute('error.type', abortedBy === undefined ? String(statusCode) : 'aborted');
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
  }
  span.end();
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
