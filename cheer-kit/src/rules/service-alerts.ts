import type { AlertText } from './alert';
import { byService, lines, own } from './promql';

const same = `on (${byService})`;
const present = 'service:cheer_build_info:count';

function traffic(when = ''): string {
  return `sum by (${byService}) (increase(${own('cheer_slo_events_total')}[15m]${when}))`;
}

/** What users notice, and what can't be noticed any more. */
export function serviceAlerts(): AlertText[] {
  return [
    {
      alert: 'CheerErrorRateHigh',
      expr: 'service:cheer_error_rate:ratio_rate5m > 0.01',
      for: '5m',
      keep: '5m',
      severity: 'warning',
      summary: 'Too many requests fail.',
      description: '{{ $labels.service }} fails {{ $value | humanizePercentage }} of what it is asked.',
      dashboard: 'overview',
    },
    {
      alert: 'CheerLatencyP95High',
      expr: lines(
        'service:cheer_latency_seconds:p95_rate5m',
        `> ${same} max by (${byService}) (${own('cheer_latency_target_seconds', 'slo=~".*latency"')})`,
      ),
      for: '10m',
      keep: '5m',
      severity: 'warning',
      summary: 'Requests take too long.',
      description: 'The P95 of {{ $labels.service }} is {{ $value | humanizeDuration }}, above its target.',
      dashboard: 'overview',
    },
    {
      alert: 'CheerNoTraffic',
      // Yesterday's same quarter of an hour, so that a service that rests at night is not missed every evening.
      expr: lines(`${traffic()} == 0`, `and ${same} ${traffic(' offset 1d')} > 10`),
      for: '15m',
      severity: 'warning',
      summary: 'A service that had traffic yesterday has none.',
      description:
        '{{ $labels.service }} has had no event for 15 minutes, and had some at this time yesterday.',
      dashboard: 'pipeline',
    },
    {
      alert: 'CheerTargetDown',
      // Only of services that are known to use the kit; others have alerts of their own.
      expr: lines(
        `min by (${byService}, instance) (${own('up')}) == 0`,
        `and ${same} last_over_time(${present}[6h])`,
      ),
      for: '5m',
      severity: 'warning',
      summary: 'A process does not answer Prometheus.',
      description: '{{ $labels.instance }} of {{ $labels.service }} has not answered for 5 minutes.',
      dashboard: 'resources',
    },
    {
      alert: 'CheerServiceAbsent',
      // From the scrapes themselves: what is recorded comes later than a target that is down, which this one inhibits.
      expr: lines(
        `last_over_time(${own(present)}[6h])`,
        `unless ${same} group by (${byService}) (${own('cheer_build_info')})`,
      ),
      for: '5m',
      severity: 'critical',
      summary: 'A whole service is gone.',
      description:
        'None of the {{ $value }} processes of {{ $labels.service }} that were there within 6 hours has answered for 5 minutes.',
      dashboard: 'resources',
    },
  ];
}
