import type { AlertText } from './alert';
import { byService, bySlo, lines } from './promql';

const bad = 'service_track:cheer_slo_bad_events_per_events:ratio_rate10m';
const p95 = 'service_track:cheer_latency_seconds:p95_rate10m';

/** A release that does worse than what it is to replace. */
export function canaryAlerts(): AlertText[] {
  return [
    {
      alert: 'CheerCanaryErrorRegression',
      expr: lines(
        `${bad}{track="canary"}`,
        `> on (${bySlo}) 2 * ${bad}{track="stable"} + 0.005`,
        `and on (${bySlo}) service_track:cheer_slo_bad_events:increase10m{track="canary"} >= 5`,
      ),
      for: '5m',
      keep: '5m',
      severity: 'critical',
      summary: 'The canary fails more than stable.',
      description:
        'The canary of {{ $labels.service }} fails {{ $value | humanizePercentage }} of the events of {{ $labels.slo }}.',
      dashboard: 'releases',
    },
    {
      alert: 'CheerCanaryLatencyRegression',
      expr: lines(`${p95}{track="canary"}`, `> on (${byService}) 1.25 * ${p95}{track="stable"}`),
      for: '10m',
      keep: '5m',
      severity: 'warning',
      summary: 'The canary is slower than stable.',
      description: 'The P95 of the canary of {{ $labels.service }} is {{ $value | humanizeDuration }}.',
      dashboard: 'releases',
    },
  ];
}
