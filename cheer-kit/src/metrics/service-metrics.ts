import { unmatchedRoute } from '../http/route-pattern';
import { latencyBuckets } from '../latency-window';
import { counter, readCounter } from './instruments';
import { LatencyHistogram, type LatencySeries } from './latency-histogram';
import type { MetricsRegistry } from './registry';

/** As many routes get series of their own, and `unmatched`; what comes after them is counted as `other`. */
const maxRoutes = 100;
/** The same for methods of gRPC. */
const maxMethods = 32;
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

/** An HTTP request that was answered. */
export interface HttpRequestSample {
  readonly method: string;
  /** The pattern that matched, such as `/v1/events`, never the path. */
  readonly route: string;
  readonly statusCode: number;
  readonly seconds: number;
  /** Of a sampled trace. */
  readonly traceId?: string | undefined;
}

/** A gRPC call that was completed. */
export interface GrpcCallSample {
  /** Full name, such as `/selfcheer.v1.IngestService/Ingest`. */
  readonly method: string;
  /** Status code by number. */
  readonly code: number;
  readonly seconds: number;
  /** Of a sampled trace. */
  readonly traceId?: string | undefined;
}

/** See `createServiceMetrics`. */
export interface ServiceMetrics {
  /** Counts one. */
  httpRequest(sample: HttpRequestSample): void;
  /** Counts one. */
  grpcCall(sample: GrpcCallSample): void;
}

/** For `createServiceMetrics`. */
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
  const byRoute = new Map<string, Map<string, RouteSeries>>();
  readCounter(
    registry,
    {
      name: 'http_requests_total',
      help: 'HTTP requests that were answered.',
      labelNames: ['method', 'route', 'status_code'],
    },
    () =>
      [...byRoute].flatMap(([route, byMethod]) =>
        [...byMethod].flatMap(([method, { counts }]) =>
          [...counts].map(
            ([code, { value }]) => [{ method, route, status_code: statusText(code) }, value] as const,
          ),
        ),
      ),
  );
  const requestSeconds = new LatencyHistogram(registry, {
    name: 'http_request_duration_seconds',
    help: 'From the headers of a request to the end of its answer.',
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
  const seriesOf = (method: string, route: string): RouteSeries => {
    let byMethod = byRoute.get(route);
    if (!byMethod) {
      byMethod = new Map();
      byRoute.set(route, byMethod);
    }
    let series = byMethod.get(method);
    if (!series) {
      series = { counts: new Map(), duration: requestSeconds.series({ method, route }) };
      byMethod.set(method, series);
    }
    return series;
  };
  const routes = boundedNames(maxRoutes, unmatchedRoute);
  const methods = boundedNames(maxMethods);
  return {
    httpRequest({ method, route, statusCode, seconds, traceId }) {
      const { counts, duration } =
        byRoute.get(route)?.get(method) ??
        seriesOf(httpMethods.includes(method) ? method : other, routes(route));
      const code = Number.isInteger(statusCode) && statusCode >= 100 && statusCode <= 599 ? statusCode : 0;
      const count = counts.get(code);
      if (count) count.value += 1;
      else counts.set(code, { value: 1 });
      duration.observe(seconds, traceId);
    },
    grpcCall({ method: sent, code, seconds, traceId }) {
      const method = methods(sent);
      calls.inc({ method, code: grpcCodes[code] ?? 'UNKNOWN' });
      callSeconds.series({ method }).observe(seconds, traceId);
    },
  };
}

/** Kept for each route and method, so that a request costs two look-ups and no hash of its labels. */
interface RouteSeries {
  /** Requests by status code; 0 stands for what is none. */
  readonly counts: Map<number, { value: number }>;
  readonly duration: LatencySeries;
}

function statusText(code: number): string {
  return code === 0 ? other : String(code);
}

function boundedNames(max: number, ...reserved: readonly string[]): (name: string) => string {
  const known = new Set<string>(reserved);
  return (name) => {
    if (known.has(name)) return name;
    if (known.size >= max + reserved.length) return other;
    known.add(name);
    return name;
  };
}
