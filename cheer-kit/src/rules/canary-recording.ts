import { byService, lines, own } from './promql';
import type { RecordingRule, RuleGroup } from './rule';

const range = '10m';
const latencySlos = '.*latency';

/** A query by process, with the track that its build says. */
function byTrack(query: string): string {
  const builds = `max by (${byService}, instance, track) (${own('cheer_build_info')})`;
  return `${query} * on (${byService}, instance) group_left (track) ${builds}`;
}

function events(of: 'rate' | 'increase', ...matchers: readonly string[]): string {
  // Slow answers are what the latency below is about.
  const selector = own('cheer_slo_events_total', `slo!~"${latencySlos}"`, ...matchers);
  return `sum by (${byService}, slo, track) (${byTrack(`${of}(${selector}[${range}])`)})`;
}

function latency(): string {
  const rate = (metric: string): string => byTrack(`rate(${own(metric)}[${range}])`);
  const sum = (...metrics: readonly string[]): string =>
    `sum by (${byService}, track, le) (\n  ${metrics.map((metric) => `(${rate(metric)})`).join('\n  or ')}\n)`;
  return lines(
    'histogram_quantile(0.95,',
    sum('ingest_latency_seconds_bucket'),
    `or on (${byService})`,
    sum(
      'http_request_duration_seconds_bucket',
      'grpc_server_handling_seconds_bucket',
      'message_processing_seconds_bucket',
    ),
    ')',
  );
}

/** The parts of a release beside each other: stable, canary, preview. */
export function canaryGroup(): RuleGroup<RecordingRule> {
  return {
    name: 'cheer-canary.rules',
    interval: '30s',
    rules: [
      {
        record: `service_track:cheer_slo_bad_events_per_events:ratio_rate${range}`,
        expr: lines(events('rate', 'result="bad"'), '/', `(${events('rate')} > 0)`),
      },
      {
        record: `service_track:cheer_slo_bad_events:increase${range}`,
        expr: events('increase', 'result="bad"'),
      },
      { record: `service_track:cheer_latency_seconds:p95_rate${range}`, expr: latency() },
    ],
  };
}
