/** What can be broken in the service, and the checks that must see it: those and no other. */
export const telemetryFaults = {
  'no liveness': ['liveness'],
  'not ready': ['readiness'],
  'readiness without JSON': ['readiness'],
  'health of another shape': ['health'],
  'health failed': ['health'],
  'yellow without reasons': ['cheer-api'],
  'score while warming': ['cheer-api'],
  'no SLOs in the API': ['cheer-api'],
  'no OpenMetrics': ['metrics-format', 'exemplars'],
  'EOF in plain text': ['metrics-format'],
  'unreadable line': ['metrics-format'],
  'metric missing': ['required-metrics'],
  'metric of another type': ['required-metrics'],
  'series missing': ['required-metrics'],
  'requests not counted': ['requests-counted'],
  'path as route': ['requests-counted', 'cardinality'],
  'unmatched path as route': ['cardinality'],
  'too many series': ['cardinality'],
  'method as sent': ['label-lists'],
  'label of the target': ['label-lists'],
  'not in the SLO': ['slo-counted'],
  'batches without outcome': ['slo-counted'],
  'no exemplar': ['exemplars'],
  'exemplar of all': ['exemplars'],
  'synthetic in the SLO': ['synthetic'],
  'synthetic not counted': ['synthetic'],
  'trace of its own': ['trace-context', 'route-span'],
  'parent left out': ['trace-context'],
  'tracestate left out': ['trace-context'],
  'unsampled spans': ['trace-context'],
  'span of another kind': ['trace-context', 'route-span'],
  'path as span name': ['route-span'],
  'path as http.route': ['route-span'],
  'no http.route': ['route-span'],
  'no status in the span': ['route-span'],
  'no trace id in the log': ['log-correlation'],
  'line without correlation id': ['log-correlation'],
  'cookie in the log': ['secrets'],
  'cookie in a span': ['secrets'],
} as const;

export const drainFaults = {
  'readiness stays': ['readiness-flips'],
  'liveness drops': ['readiness-flips'],
  'ends at once': ['readiness-flips', 'in-flight', 'spans-flushed'],
  'exit code 3': ['exit-code'],
  'never ends': ['exit-code'],
  'spans left behind': ['spans-flushed'],
} as const;

export const collectorFaults = {
  'waits for the collector': ['collector-dead'],
  'fails without collector': ['collector-dead'],
} as const;

export type Fault = keyof typeof telemetryFaults | keyof typeof drainFaults | keyof typeof collectorFaults;
