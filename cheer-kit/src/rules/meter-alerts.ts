import type { AlertText } from './alert';
import { byPod, byService, lines, own } from './promql';

const same = `on (${byService})`;
const switchedOn = `unless ${same} service:cheer_disabled:max == 1`;
const ratio = 'service:cheer_cheers_per_batches:ratio_rate5m';

function within(metric: string): string {
  return `sum by (${byService}) (increase(${own(metric)}[10m])) > 0`;
}

function counted(metric: string): string {
  return `sum by (${byPod}) (${own(metric)})`;
}

/** The cheer itself. All of them are silent while `health-cheer` is switched off, and no others are. */
export function meterAlerts(): AlertText[] {
  return [
    {
      alert: 'CheerLost',
      expr: lines(
        within('cheer_batches_total'),
        `unless ${same} ${within('cheer_cheers_total')}`,
        switchedOn,
      ),
      for: '5m',
      keep: '5m',
      severity: 'critical',
      summary: 'Batches flow, and not one earns a cheer.',
      description:
        '{{ $labels.service }} has had {{ $value | printf "%.0f" }} batches in 10 minutes and no cheer.',
      dashboard: 'overview',
    },
    {
      alert: 'CheerMeterYellow',
      expr: lines(`${ratio} < 0.99 >= 0.90`, switchedOn),
      for: '10m',
      keep: '5m',
      severity: 'info',
      summary: 'Some batches earn no cheer.',
      description: '{{ $labels.service }} cheers {{ $value | humanizePercentage }} of its batches.',
      dashboard: 'overview',
    },
    {
      alert: 'CheerMeterRed',
      expr: lines(`${ratio} < 0.90`, switchedOn),
      for: '5m',
      keep: '5m',
      severity: 'warning',
      summary: 'Many batches earn no cheer.',
      description: '{{ $labels.service }} cheers only {{ $value | humanizePercentage }} of its batches.',
      dashboard: 'overview',
    },
    {
      alert: 'CheerVerdictDisagrees',
      // A process also waits, holds and drains, of which the rules know nothing: its conditions are compared, and that
      // it is not green while the rules see one fail.
      expr: lines(
        '(',
        `  service:cheer_condition:min != ${same} service:cheer_health_verdict:min`,
        `  or service:cheer_health:min > ${same} service:cheer_health_verdict:min`,
        ')',
        switchedOn,
      ),
      for: '30m',
      severity: 'info',
      summary: 'The processes and the rules judge differently.',
      description:
        'The conditions of {{ $labels.service }} say {{ $value }} in the process; the rules say otherwise.',
      dashboard: 'overview',
    },
    {
      alert: 'CheerAccountingBroken',
      expr: lines(
        `max by (${byService}) (`,
        `  abs(${counted('cheer_cheers_total')} + ${counted('cheer_missed_total')} - ${counted('cheer_batches_total')})`,
        // What is counted between the lines of one scrape.
        ') > 5',
        switchedOn,
      ),
      for: '30m',
      severity: 'info',
      summary: 'Cheers and misses do not add up to batches.',
      description: 'In a process of {{ $labels.service }} they differ by {{ $value | printf "%.0f" }}.',
      dashboard: 'overview',
    },
  ];
}
