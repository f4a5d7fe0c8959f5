import type { Metadata } from '@grpc/grpc-js';
import { requestIdOf } from '../http/http-request';
import { trafficOf } from '../http/traffic';
import type { RequestContext } from '../request-context';
import { isSampled, parseTraceContext, traceIdOf, type TraceContext } from '../trace-context';
import type { TrafficKind } from '../verdict';

/** What a gRPC call says of itself in its metadata, by the names that HTTP has for it. */
export class GrpcCallContext implements RequestContext {
  readonly trace: TraceContext | undefined;
  readonly traffic: TrafficKind;
  /** Of our own span where there is one, else of the caller's. */
  traceId: string | undefined;
  sampled: boolean;
  private requestId: string | undefined;

  constructor(private readonly metadata: Metadata) {
    this.trace = parseTraceContext(textOf(metadata, 'traceparent'), textOf(metadata, 'tracestate'));
    this.traceId = this.trace && traceIdOf(this.trace);
    this.sampled = this.trace !== undefined && isSampled(this.trace);
    this.traffic = trafficOf(textOf(metadata, 'baggage'));
  }

  get synthetic(): boolean {
    return this.traffic === 'synthetic';
  }

  get correlationId(): string {
    return this.traceId ?? (this.requestId ??= requestIdOf(textOf(this.metadata, 'x-request-id')));
  }
}

function textOf(metadata: Metadata, name: string): string | undefined {
  const values = metadata.get(name);
  return values.length === 0 ? undefined : values.map(String).join(',');
}
