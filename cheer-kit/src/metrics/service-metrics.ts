import { latencyBuckets } from '../latency-window';
import { counter } from './instruments';
import { LatencyHistogram } from './latency-histogram';
import type { MetricsRegistry } from './registry';

/** As many routes or methods get their own series; what comes after them is counted as `other`. */
const maxNames = 32;
const other = 'other';

const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Status codes of gRPC by number (grpc.io/docs/guides/status-codes). */
const grpcCodes = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export interface HttpRequestSample {
  readonly method: string;
  /** The pattern that matched, such as `/v1/events`, never the path. */
  readonly route: string;
  readonly statusCode: number;
  readonly seconds: number;
  /** Of a sampled trace. */
  readonly traceId?: string;
}

export interface GrpcCallSample {
  /** Full name, such as `/selfcheer.v1.IngestService/Ingest`. */
  readonly method: string;
  /** Status code by number. */
  readonly code: number;
  readonly seconds: number;
  readonly traceId?: string;
}

export interface ServiceMetrics {
  httpRequest(sample: HttpRequestSample): void;
  grpcCall(sample: GrpcCallSample): void;
}

export interface ServiceMetricsOptions {
  /** Seconds; exact bounds of the histograms. */
  readonly latencyTargets?: readonly number[];
}

/** Requests as the transports see them. Label values are bounded whatever a caller sends. */
export function createServiceMetrics(
  registry: MetricsRegistry,
  { latencyTargets }: ServiceMetricsOptions = {},
): ServiceMetrics {
  const buckets = latencyBuckets(latencyTargets);
  const requests = counter(registry, {
    name: 'http_requests_total',
    help: 'HTTP requests that were answered.',
    labelNames: ['method', 'route', 'status_code'],
  });
  const requestSeconds = new LatencyHistogram(registry, {
    name: 'http_request_duration_seconds',
    help: 'From the first byte of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets,
  });
  const calls = counter(registry, {
    name: 'grpc_server_handled_total',
    help: 'gRPC calls that were completed.',
    labelNames: ['method', 'code'],
  });
  const callSeconds = new LatencyHistogram(registry, {
    name: 'grpc_server_handling_seconds',
    help: 'Time that gRPC calls took; streams from their opening to their end.',
    labelNames: ['method'],
    buckets,
  });
  const routes = boundedNames();
  const methods = boundedNames();
  return {
    httpRequest({ method: sent, route: pattern, statusCode, seconds, traceId }) {
      const method = httpMethods.includes(sent) ? sent : other;
      const route = routes(pattern);
      const known = Number.isInteger(statusCode) && statusCode >= 100 && statusCode <= 599;
      requests.inc({ method, route, status_code: known ? String(statusCode) : other });
      requestSeconds.series({ method, route }).observe(seconds, traceId);
    },
    grpcCall({ method: sent, code, seconds, traceId }) {
      const method = methods(sent);
      calls.inc({ method, code: grpcCodes[code] ?? 'UNKNOWN' });
      callSeconds.series({ method }).observe(seconds, traceId);
    },
  };
}

function boundedNames(): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    if (known.has(name)) return name;
    if (known.size >= maxNames) return other;
    known.add(name);
    return name;
  };
}
