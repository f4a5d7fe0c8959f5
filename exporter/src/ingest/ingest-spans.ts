import type { IncomingMessage } from 'node:http';
import { SpanKind, SpanStatusCode, type Attributes, type Span, type Tracer } from '@opentelemetry/api';
import { remoteContext, traceContextOf } from '@selfcheer/cheer-kit';
import type { TraceContext } from '../event';
import type { GrpcMethod } from './grpc-schema';
import type { GrpcCode } from './grpc-status';

/** What became of the events of a request. */
export interface EventCounts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
}

const knownMethods = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
]);
/** Statuses that are the server's fault; the others are the caller's, and no error of this span. */
const serverErrors: ReadonlySet<GrpcCode> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/**
 * A span `ingest_request` for each request or call that may bring events, child of the producer's. Attributes as in the
 * OpenTelemetry semantic conventions 1.45 (HTTP and RPC servers) and, for HTTP, `selfcheer.events.*`: the counts of the
 * answer. Made here and not by a patched module: DESIGN §2, docs/decisions/2026-11-21-own-spans.md.
 */
export class IngestSpans {
  constructor(private readonly tracer: Tracer) {}

  http({ method = '', httpVersion }: IncomingMessage, route: string, parent?: TraceContext): IngestSpan {
    const span = this.start(parent);
    if (span.isRecording()) {
      span.setAttributes({
        'http.request.method': knownMethods.has(method) ? method : '_OTHER',
        'http.route': route,
        'url.path': route,
        'url.scheme': 'http',
        'network.protocol.version': httpVersion,
      });
    }
    return new IngestSpan(span);
  }

  grpc(method: GrpcMethod, parent: TraceContext | undefined): IngestSpan {
    const span = this.start(parent);
    if (span.isRecording()) span.setAttributes({ 'rpc.system.name': 'grpc', 'rpc.method': method });
    return new IngestSpan(span);
  }

  private start(parent: TraceContext | undefined): Span {
    return this.tracer.startSpan('ingest_request', { kind: SpanKind.SERVER }, remoteContext(parent));
  }
}

/** Of one request. Ended once; whether it is recorded or not, its context is what the events carry on. */
export class IngestSpan {
  readonly trace: TraceContext;

  constructor(private readonly span: Span) {
    this.trace = traceContextOf(span.spanContext());
  }

  counted({ accepted, duplicates, rejected }: EventCounts): void {
    if (!this.span.isRecording()) return;
    this.span.setAttributes({
      'selfcheer.events.accepted': accepted,
      'selfcheer.events.duplicates': duplicates,
      'selfcheer.events.rejected': rejected,
    });
  }

  /** `status`: of the answer; undefined when the client was gone before it. */
  endHttp(status: number | undefined): void {
    if (status === undefined) this.end({}, 'client_gone');
    else this.end({ 'http.response.status_code': status }, status >= 500 ? String(status) : undefined);
  }

  endGrpc(code: GrpcCode): void {
    this.end({ 'rpc.status_code': code }, serverErrors.has(code) ? code : undefined);
  }

  private end(attributes: Attributes, error: string | undefined): void {
    if (this.span.isRecording()) {
      this.span.setAttributes(attributes);
      if (error !== undefined) {
        this.span.setAttribute('error.type', error);
        this.span.setStatus({ code: SpanStatusCode.ERROR });
      }
    }
    this.span.end();
  }
}
