/** What can be broken in the service, and the checks that must see it: those and no other. */
export const telemetryFaults = {
  'no liveness': ['liveness'],
  'liveness wants a key': ['liveness'],
  'not ready': ['readiness'],
  'readiness wants a key': ['readiness'],
  'readiness without JSON': ['readiness'],
  'health of another shape': ['health'],
  'health failed': ['health'],
  'health 503 though all is well': ['health'],
  'yellow without reasons': ['cheer-api'],
  'score while warming': ['cheer-api'],
  'no SLOs in the API': ['cheer-api'],
  'no OpenMetrics': ['metrics-format', 'exemplars'],
  'OpenMetrics without EOF': ['metrics-format'],
  'plain text of another type': ['metrics-format'],
  'EOF in plain text': ['metrics-format'],
  'unreadable line': ['metrics-format'],
  'metric missing': ['required-metrics'],
  'metric of another type': ['required-metrics'],
  'series missing': ['required-metrics'],
  'requests not counted': ['requests-counted'],
  'requests not timed': ['requests-counted', 'exemplars'],
  'requests without method': ['requests-counted', 'label-lists'],
  'requests without status': ['requests-counted', 'label-lists'],
  'times without method': ['requests-counted', 'label-lists'],
  'path as route': ['requests-counted', 'cardinality'],
  'unmatched path as route': ['cardinality'],
  'too many series': ['cardinality'],
  'method as sent': ['label-lists'],
  'label service': ['label-lists'],
  'label job': ['label-lists'],
  'label instance': ['label-lists'],
  'label namespace': ['label-lists'],
  'label of its own': ['label-lists'],
  'not in the SLO': ['slo-counted'],
  'batches without outcome': ['slo-counted'],
  'batches not counted': ['slo-counted', 'synthetic'],
  'no exemplar': ['exemplars'],
  'exemplar of all': ['exemplars'],
  'synthetic in the SLO': ['synthetic'],
  'synthetic not counted': ['synthetic'],
  'synthetic as real, too': ['synthetic'],
  'no spans': ['trace-context', 'route-span'],
  'trace of its own': ['trace-context', 'route-span'],
  'parent left out': ['trace-context'],
  'tracestate left out': ['trace-context'],
  'unsampled spans': ['trace-context'],
  'span of another kind': ['trace-context', 'route-span'],
  'path as span name': ['route-span'],
  'path as name of an unmatched span': ['route-span'],
  'path as http.route': ['route-span'],
  'no http.route': ['route-span'],
  'no status in the span': ['route-span'],
  'no method in the span': ['route-span'],
  'no trace id in the log': ['log-correlation'],
  'line without correlation id': ['log-correlation'],
  'line without time': ['log-correlation'],
  'line without level': ['log-correlation'],
  'line without msg': ['log-correlation'],
  'cookie in the log': ['secrets'],
  'cookie in a span': ['secrets'],
} as const;

export const drainFaults = {
  'readiness stays': ['readiness-flips'],
  'liveness drops': ['readiness-flips'],
  'ends at once': ['readiness-flips', 'in-flight', 'spans-flushed'],
  'cuts what runs': ['in-flight'],
  'turns away what runs': ['in-flight'],
  'exit code 3': ['exit-code'],
  'never ends': ['exit-code'],
  'spans left behind': ['spans-flushed'],
} as const;

export const collectorFaults = {
  'waits for the collector': ['collector-dead'],
  'fails without collector': ['collector-dead'],
} as const;

/** What can be left out of the service, one by one: `requirements.test.ts` does so with all that the contract names. */
export type Removal =
  | `no metric ${string}`
  | `another type of ${string}`
  | `no series ${string}`
  | `no label ${string} of ${string}`
  | `no member ${string} in ${string}`;

export type Fault =
  keyof typeof telemetryFaults | keyof typeof drainFaults | keyof typeof collectorFaults | Removal;
