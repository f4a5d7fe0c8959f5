import type { IncomingHttpHeaders } from 'node:http';
import type { Metadata } from '@grpc/grpc-js';
import type { Credentials } from '@selfcheer/cheer-kit';

/** Size of the metadata as HTTP/2 counts it (RFC 9113, 10.5.1): 32 bytes for each field beside its text. */
export function headerBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [name, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of Array.isArray(values) ? values : [values])
      bytes += name.length + String(value).length + 32;
  }
  return bytes;
}

/** The metadata that says where the call comes from, as HTTP would carry it. */
export function headersOf(metadata: Metadata): IncomingHttpHeaders {
  return {
    traceparent: only(metadata.get('traceparent')),
    tracestate: list(metadata.get('tracestate')),
    baggage: list(metadata.get('baggage')),
  };
}

/** What the call shows of who it is from. */
export function credentialsOf(metadata: Metadata): Credentials {
  return {
    authorization: only(metadata.get('authorization')),
    apiKey: only(metadata.get('x-api-key')),
  };
}

/** `Priority` of RFC 9218, which may come in several pieces. */
export function priorityOf(metadata: Metadata): string | undefined {
  return list(metadata.get('priority'));
}

/** Two credentials, or two parents, are none. */
function only(values: readonly (string | Buffer)[]): string | undefined {
  return values.length === 1 ? String(values[0]) : undefined;
}

function list(values: readonly (string | Buffer)[]): string | undefined {
  return values.length > 0 ? values.join(',') : undefined;
}
