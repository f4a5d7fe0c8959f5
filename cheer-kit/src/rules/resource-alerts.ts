import type { AlertText } from './alert';
import { byPod, byService, lines, own } from './promql';

const free = `${own('cheer_storage_free_bytes')} / ${own('cheer_storage_size_bytes')}`;
const rss = own('memory_usage_bytes', 'kind="rss"');
const limit = own('memory_usage_bytes', 'kind="limit"');

type Pressure = Pick<AlertText, 'alert' | 'expr' | 'summary' | 'description'>;

/** A short dip is no relief, so that each is an average. */
const pressures: readonly Pressure[] = [
  {
    alert: 'CheerCpuSaturated',
    expr: `max by (${byPod}) (avg_over_time(${own('cpu_usage_ratio')}[5m])) > 0.9`,
    summary: 'A process uses nearly all of its CPU.',
    description:
      '{{ $labels.instance }} of {{ $labels.service }} uses {{ $value | humanizePercentage }} of its CPU.',
  },
  {
    alert: 'CheerMemoryHigh',
    expr: `max by (${byPod}) (avg_over_time(${rss}[5m]) / ignoring (kind) (${limit} > 0)) > 0.9`,
    summary: 'A process uses nearly all of its memory.',
    description:
      '{{ $labels.instance }} of {{ $labels.service }} uses {{ $value | humanizePercentage }} of its memory limit.',
  },
  {
    alert: 'CheerEventLoopBlocked',
    expr: `max by (${byPod}) (avg_over_time(${own('event_loop_lag_seconds')}[5m])) > 0.5`,
    summary: 'The event loop of a process is blocked.',
    description:
      'The event loop of {{ $labels.instance }} of {{ $labels.service }} lags by {{ $value | humanizeDuration }} (p99).',
  },
];

/** What the processes live on. */
export function resourceAlerts(): AlertText[] {
  const left = 'of the volume {{ $labels.volume }} of {{ $labels.service }}';
  return [
    ...pressures.map((pressure): AlertText => ({
      ...pressure,
      for: '15m',
      keep: '5m',
      severity: 'warning',
      dashboard: 'resources',
    })),
    {
      alert: 'CheerStorageFillingUp',
      expr: lines(
        `min by (${byService}, volume) (`,
        `  (${free} < 0.15)`,
        `  and predict_linear(${own('cheer_storage_free_bytes')}[6h], 86400) < 0`,
        ')',
      ),
      for: '1h',
      keep: '15m',
      severity: 'warning',
      summary: 'A volume will be full within a day.',
      description: `{{ $value | humanizePercentage }} ${left} is free, and will be used within 24 hours.`,
      dashboard: 'resources',
    },
    {
      alert: 'CheerStorageAlmostFull',
      expr: `min by (${byService}, volume) (${free}) < 0.05`,
      for: '5m',
      keep: '15m',
      severity: 'critical',
      summary: 'A volume is almost full.',
      description: `{{ $value | humanizePercentage }} ${left} is free.`,
      dashboard: 'resources',
    },
  ];
}
