import { createRequire } from 'node:module';
import type {
  ServerInterceptingCall,
  ServerInterceptor,
  ServerListener,
  status as GrpcStatus,
} from '@grpc/grpc-js';
import { context, SpanKind, SpanStatusCode, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { systemClock, type Clock } from '../clock';
import type { Logger } from '../logger';
import type { ServiceMetrics } from '../metrics/service-metrics';
import { runInRequest } from '../request-context';
import type { WorkRecorder } from '../work/work-recorder';
import type { MissReason } from '../verdict';
import { GrpcCallContext } from './call-context';

export interface GrpcInterceptorOptions {
  readonly metrics: Pick<ServiceMetrics, 'grpcCall'>;
  readonly work: WorkRecorder;
  readonly logger: Logger;
  readonly tracer: Tracer;
  /** Whether spans go anywhere: asked for each call. */
  readonly tracing: () => boolean;
  readonly clock?: Clock;
}

type Grpc = { ServerInterceptingCall: typeof ServerInterceptingCall; status: typeof GrpcStatus };

/** Codes that are the server's fault, as in the OpenTelemetry semantic conventions for gRPC, and the miss that each is. */
const faults: Readonly<Partial<Record<keyof typeof GrpcStatus, MissReason>>> = {
  UNKNOWN: 'error',
  DEADLINE_EXCEEDED: 'timeout',
  UNIMPLEMENTED: 'error',
  INTERNAL: 'error',
  UNAVAILABLE: 'downstream',
  DATA_LOSS: 'error',
};

/**
 * Measures every call of a grpc-js server: `new Server({ interceptors: [service.grpcInterceptor()] })`. Each gets a server
 * span named by its method, child of its caller's, is counted by method and code, and is one cheer or one miss; codes
 * that are the caller's doing (INVALID_ARGUMENT, NOT_FOUND, CANCELLED, …) are neither. The time of a stream is held
 * against no target. Handlers run in the call's context: their log lines carry its trace id.
 */
export function createGrpcInterceptor(options: GrpcInterceptorOptions): ServerInterceptor {
  const { metrics, work, logger, tracer, tracing, clock = systemClock } = options;
  // Only who serves gRPC pays for loading it.
  const grpc = createRequire(__filename)('@grpc/grpc-js') as Grpc;

  return (method, call) => {
    const startedAt = clock.monotonic();
    let request: GrpcCallContext | undefined;
    let span: Span | undefined;
    let active: Context | undefined;
    let over = false;

    const inCall = (run: () => void): void => {
      const now = request;
      if (!now) run();
      else if (active) context.with(active, () => runInRequest(now, run));
      else runInRequest(now, run);
    };
    const end = (code: number): void => {
      if (over) return;
      over = true;
      const seconds = (clock.monotonic() - startedAt) / 1000;
      const traceId = request?.sampled ? request.traceId : undefined;
      metrics.grpcCall({ method: method.path, code, seconds, traceId });
      const name = (grpc.status[code] ?? 'UNKNOWN') as keyof typeof GrpcStatus;
      const fault = faults[name];
      if (span) endSpan(span, name, fault !== undefined);
      const traffic = request?.traffic ?? 'real';
      const timed = !method.requestStream && !method.responseStream;
      if (fault !== undefined) work.failed(fault, traffic, `${method.path} answered ${name}`);
      else if (name === 'OK') work.succeeded({ seconds, traffic, describe: () => method.path, timed });
      const level = fault === undefined ? 'debug' : 'warn';
      if (logger.isLevelEnabled(level)) {
        inCall(() => logger[level]({ method: method.path, code: name, seconds }, 'call'));
      }
    };
    const listener: ServerListener = {
      onReceiveMetadata(metadata, next) {
        request = new GrpcCallContext(metadata);
        if (tracing()) ({ span, active } = startSpan(tracer, method.path, request));
        inCall(() => next(metadata));
      },
      onReceiveMessage: (message, next) => inCall(() => next(message)),
      onReceiveHalfClose: (next) => inCall(next),
      onCancel: () => inCall(() => end(grpc.status.CANCELLED)),
    };
    return new grpc.ServerInterceptingCall(call, {
      start: (next) => next(listener),
      sendStatus(status, next) {
        end(status.code ?? grpc.status.OK);
        next(status);
      },
    });
  };
}

/** Names and attributes as in the OpenTelemetry semantic conventions 1.45 for RPC. */
function startSpan(tracer: Tracer, path: string, request: GrpcCallContext): { span: Span; active: Context } {
  const method = path.replace(/^\//, '');
  const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method };
  return request.beginSpan(tracer, method, { kind: SpanKind.SERVER, attributes });
}

function endSpan(span: Span, code: string, fault: boolean): void {
  span.setAttribute('rpc.status_code', code);
  if (fault) {
    span.setAttribute('error.type', code);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
