import type { AlertText } from './alert';
import { byService, lines, own } from './promql';

const saturation = 'service_queue:cheer_queue_saturation:max';
const same = `on (${byService})`;

/** Breakers, queues, quarantine: where events wait. */
export function pipelineAlerts(): AlertText[] {
  return [
    {
      alert: 'CheerBreakerOpenTooLong',
      // Half open counts with open: a probe that fails each time is no recovery.
      expr: `max by (${byService}, downstream) (1 - avg_over_time(${own('cheer_breaker_state', 'state="closed"')}[5m])) > 0.5`,
      for: '5m',
      keep: '2m',
      severity: 'critical',
      summary: 'A circuit breaker stays open.',
      description:
        'The breaker of {{ $labels.downstream }} in {{ $labels.service }} was not closed for ' +
        '{{ $value | humanizePercentage }} of the last 5 minutes.',
      dashboard: 'pipeline',
    },
    {
      alert: 'CheerBacklogAgeHigh',
      expr: `max by (${byService}, queue) (${own('cheer_queue_oldest_age_seconds')} > ${own('cheer_queue_age_target_seconds')})`,
      for: '5m',
      keep: '5m',
      severity: 'warning',
      summary: 'Events wait longer than they should.',
      description:
        'The oldest item of queue {{ $labels.queue }} in {{ $labels.service }} has waited for {{ $value | humanizeDuration }}.',
      dashboard: 'pipeline',
    },
    {
      alert: 'CheerQueueSaturated',
      // The outbox refuses at 85 %: the rest is for what is on its way, and for the disk.
      expr: lines(`${saturation} > 0.9`, `or ${saturation}{queue="outbox"} > 0.8`),
      for: '5m',
      keep: '5m',
      severity: 'critical',
      summary: 'A queue is nearly full: events are about to be refused.',
      description:
        'Queue {{ $labels.queue }} of {{ $labels.service }} is {{ $value | humanizePercentage }} full.',
      dashboard: 'pipeline',
    },
    {
      alert: 'CheerQuarantineGrowing',
      expr: lines(
        `sum by (${byService}) (increase(${own('cheer_quarantined_total')}[30m])) > 10`,
        // What is replayed as fast as it comes in is being looked after.
        `and ${same} sum by (${byService}) (deriv(${own('cheer_quarantined_events')}[30m])) > 0`,
      ),
      for: '15m',
      keep: '15m',
      severity: 'warning',
      summary: 'More and more events are set aside.',
      description: '{{ $labels.service }} has quarantined {{ $value | printf "%.0f" }} events in 30 minutes.',
      dashboard: 'pipeline',
    },
  ];
}
