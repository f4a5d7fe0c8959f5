import { byService, indented, lines, own, summedRate } from './promql';
import type { RecordingRule } from './rule';

/** Requests, calls and messages of services made with the kit, by what says that one failed for the service's reasons. */
const work = [
  { metric: 'http_requests_total', failed: 'status_code=~"5.."', code: 'status_code' },
  {
    metric: 'grpc_server_handled_total',
    failed: 'code=~"UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS"',
    code: 'code',
  },
  { metric: 'messages_consumed_total', failed: 'result="failed"', code: 'result' },
] as const;

const histograms = [
  'http_request_duration_seconds_bucket',
  'grpc_server_handling_seconds_bucket',
  'message_processing_seconds_bucket',
] as const;

const requestRate = 'service:cheer_request_rate:rate5m';
const errorRate = 'service:cheer_error_rate:ratio_rate5m';

/** What counts events one by one says more than what counts the requests that brought them. */
function preferring(by: string, events: string, requests: readonly string[]): string {
  const others = `sum by (${by}) (\n  ${requests.join('\n  or ')}\n)`;
  return lines(events, `or on (${by.replace(', le', '')})`, others);
}

/** Rate of what failed; 0 for a service in which nothing ever has, as a code has no series before its first time. */
function failures(): string {
  const failed = work.map(({ metric, failed }) => `rate(${own(metric, failed)}[5m])`);
  const events = summedRate(byService, own('ingests_total', 'result=~"refused|failed"'), '5m');
  return lines(
    '(',
    `  ${indented(preferring(byService, events, failed))}`,
    `  or on (${byService}) 0 * ${requestRate}`,
    ')',
  );
}

/** The latency that the health condition is about, in buckets, by `by`. */
function latencyBuckets(by: string, range: string): string {
  const rest = histograms.map((metric) => `rate(${own(metric)}[${range}])`);
  return preferring(`${by}, le`, summedRate(`${by}, le`, own('ingest_latency_seconds_bucket'), range), rest);
}

/** A quantile of latency by `by`; nothing where nothing was measured, which Prometheus gives as not a number. */
export function quantile(q: number, by: string, range: string): string {
  return lines(`histogram_quantile(${q},`, `  ${indented(latencyBuckets(by, range))}`, ') >= 0');
}

/** How full each queue of each process is, as the process reckons it: without a capacity, full by anything in it. */
export const saturation = lines(
  `clamp_min(${own('cheer_queue_depth')} / (${own('cheer_queue_capacity')} > 0), 0)`,
  `or (${own('cheer_queue_depth')} > bool 0)`,
);

function byCode(): RecordingRule {
  const rates = work.map(({ metric, failed, code }) => {
    const rate = `rate(${own(metric, failed)}[5m])`;
    return code === 'code' ? rate : `label_replace(${rate}, "code", "$1", "${code}", "(.*)")`;
  });
  return {
    record: 'service_code:cheer_error_rate:rate5m',
    expr: `sum by (${byService}, code) (\n  ${rates.join('\n  or ')}\n)`,
  };
}

/** Rates, errors, latency, queues and the cheer ratio of each service made with the kit. */
export function serviceRules(): RecordingRule[] {
  const real = (metric: string): string => summedRate(byService, own(metric, 'traffic="real"'), '5m');
  return [
    {
      record: requestRate,
      expr: preferring(
        byService,
        summedRate(byService, own('ingests_total'), '5m'),
        work.map(({ metric }) => `rate(${own(metric)}[5m])`),
      ),
    },
    { record: errorRate, expr: lines(failures(), '/', `(${requestRate} > 0)`) },
    { record: 'service:cheer_success_rate:ratio_rate5m', expr: `1 - ${errorRate}` },
    byCode(),
    ...[90, 95, 99].map((percent) => ({
      record: `service:cheer_latency_seconds:p${percent}_rate5m`,
      expr: quantile(percent / 100, byService, '5m'),
    })),
    {
      record: 'service_queue:cheer_queue_saturation:max',
      expr: `max by (${byService}, queue) (\n  ${indented(saturation)}\n)`,
    },
    {
      record: 'service:cheer_cheers_per_batches:ratio_rate5m',
      expr: lines(real('cheer_cheers_total'), '/', `(${real('cheer_batches_total')} > 0)`),
    },
    {
      record: 'service:cheer_build_info:count',
      expr: `count by (${byService}) (${own('cheer_build_info')})`,
    },
    // The kill switch: while any process of the service has it, nobody is told of its cheer.
    {
      record: 'service:cheer_disabled:max',
      expr: `max by (${byService}) (${own('cheer_state', 'state="disabled"')})`,
    },
    { record: 'service:cheer_health:min', expr: `min by (${byService}) (${own('cheer_health')})` },
  ];
}
