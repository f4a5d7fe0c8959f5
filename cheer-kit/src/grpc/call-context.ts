import type { Metadata } from '@grpc/grpc-js';
import { requestIdOf } from '../http/http-request';
import { trafficOf } from '../http/traffic';
import { parseTraceContext } from '../trace-context';
import { TracedWork } from '../work/traced-work';

/** What a gRPC call says of itself in its metadata, by the names that HTTP has for it. */
export class GrpcCallContext extends TracedWork {
  private requestId: string | undefined;

  constructor(private readonly metadata: Metadata) {
    super(
      parseTraceContext(textOf(metadata, 'traceparent'), textOf(metadata, 'tracestate')),
      trafficOf(textOf(metadata, 'baggage')),
    );
  }

  get correlationId(): string {
    return this.traceId ?? (this.requestId ??= requestIdOf(textOf(this.metadata, 'x-request-id')));
  }
}

function textOf(metadata: Metadata, name: string): string | undefined {
  const values = metadata.get(name);
  return values.length === 0 ? undefined : values.map(String).join(',');
}
