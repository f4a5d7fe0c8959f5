import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, type Span, type Tracer } from '@opentelemetry/api';
import { systemClock, type Clock } from '../clock';
import type { Logger } from '../logger';
import type { ServiceMetrics } from '../metrics/service-metrics';
import { currentRequest, runInRequest } from '../request-context';
import type { WorkRecorder } from '../work/work-recorder';
import type { MissReason } from '../verdict';
import { HttpRequest } from './http-request';
import { endHttpSpan, startHttpSpan } from './http-span';
import { routePattern } from './route-pattern';

/** A middleware of express, connect and their like; every express `RequestHandler` of this kit is one. */
export type HttpMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

export interface HttpMiddlewareOptions {
  readonly metrics: Pick<ServiceMetrics, 'httpRequest'>;
  readonly work: WorkRecorder;
  readonly logger: Logger;
  readonly tracer: Tracer;
  /** Whether spans go anywhere: asked for each request. */
  readonly tracing: () => boolean;
  /** Whether the service is about to stop: callers are then asked to close their connections. */
  readonly draining: () => boolean;
  readonly clock?: Clock;
}

/** In metrics, for a request whose caller did not wait for the answer; as nginx has it. */
const callerLeft = 499;

const reasons: Readonly<Record<number, MissReason>> = { 502: 'downstream', 504: 'timeout' };

/**
 * Measures every request that passes: put it before everything else. Each gets a server span, is counted by the pattern
 * of its route, and is one cheer or one miss.
 *
 * | answer | availability | latency | cheer |
 * | --- | --- | --- | --- |
 * | below 400 | good | good within the target, else bad | cheer, or miss `latency` |
 * | 4xx, or the caller left | not counted: the caller's doing | | |
 * | 5xx, or broken off by the service | bad | not counted | miss `error`, `downstream` (502) or `timeout` (504) |
 *
 * A stream of events (`text/event-stream`) has no time to be held against a target, and one that lasts until the drain
 * is over when that cuts it.
 */
export function createHttpMiddleware(options: HttpMiddlewareOptions): HttpMiddleware {
  const { metrics, work, logger, tracer, tracing, draining, clock = systemClock } = options;

  const ended = (request: HttpRequest, response: ServerResponse, startedAt: number, span?: Span): void => {
    const { message, traffic } = request;
    const seconds = (clock.monotonic() - startedAt) / 1000;
    const by = response.writableFinished ? undefined : whoAborted(message);
    const abortedBy = by === 'service' && draining() && isEventStream(response) ? undefined : by;
    const statusCode =
      abortedBy === undefined ? response.statusCode : abortedBy === 'caller' ? callerLeft : 500;
    const route = routePattern(message);
    const method = message.method ?? 'GET';
    const traceId = request.sampled ? request.traceId : undefined;
    metrics.httpRequest({ method, route, statusCode, seconds, traceId });
    if (span) endHttpSpan(span, message, { route, statusCode, abortedBy });
    if (statusCode >= 500) {
      const end = abortedBy === undefined ? `answered ${statusCode}` : 'broken off';
      work.failed(reasons[statusCode] ?? 'error', traffic, `${method} ${route}: ${end}`);
    } else if (statusCode < 400) {
      const timed = !work.isLate(seconds) || !isEventStream(response);
      work.succeeded({ seconds, traffic, describe: naming(method, route), timed });
    }
    const level = statusCode >= 500 ? 'warn' : 'debug';
    if (logger.isLevelEnabled(level)) {
      log(level, request, { method, route, status_code: statusCode, seconds, aborted_by: abortedBy });
    }
  };
  const log = (level: 'warn' | 'debug', request: HttpRequest, fields: object): void => {
    runInRequest(request, () => logger[level](fields, 'request'));
  };

  return (message, response, next) => {
    const outer = currentRequest();
    // Mounted twice on the way of one request, it counts once. A mark on the message would slow down all of express.
    if (outer instanceof HttpRequest && outer.message === message) return next();
    const startedAt = clock.monotonic();
    const request = new HttpRequest(message);
    if (draining() && !response.headersSent) response.setHeader('Connection', 'close');
    if (!tracing()) {
      response.on('close', () => ended(request, response, startedAt));
      return runInRequest(request, next);
    }
    const { span, active } = startHttpSpan(tracer, request);
    response.on('close', () => ended(request, response, startedAt, span));
    context.with(active, () => runInRequest(request, next));
  };
}

/** Made here and not where it is used: what a closure holds on to, every call of the function around it pays for. */
function naming(method: string, route: string): () => string {
  return () => `${method} ${route}`;
}

/** A caller that leaves ends its side of the connection or resets it; when it is cut without that, we did it. */
function whoAborted({ socket }: IncomingMessage): 'caller' | 'service' {
  const { errored } = socket;
  const code = errored && 'code' in errored ? errored.code : undefined;
  const reset = code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT';
  return socket.readableEnded || reset ? 'caller' : 'service';
}

function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader('Content-Type')).startsWith('text/event-stream');
}
