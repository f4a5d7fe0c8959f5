import type { AlertText } from './alert';
import { bySlo, lines } from './promql';
import { burnTiers } from './windows';

const same = `on (${bySlo})`;

/**
 * The long window says that much of the budget is gone, the short one that it is going on, and the guard that it is more
 * than a few bad events of a quiet service.
 */
export function sloAlerts(): AlertText[] {
  return [
    ...burnTiers.map(({ tier, factor, long, short, keep, severity, for: pending }): AlertText => ({
      alert: 'CheerErrorBudgetBurn',
      expr: lines(
        `service_slo:cheer_burn_rate:${long} > ${factor}`,
        `and ${same} service_slo:cheer_burn_rate:${short} > ${factor}`,
        `and ${same} service_slo:cheer_slo_bad_events:increase${long} >= ${same} service_slo:cheer_slo_min_bad_events:max`,
      ),
      for: pending,
      keep,
      severity,
      labels: { burn_tier: tier, long_window: long, short_window: short },
      summary: 'An error budget is being spent too fast.',
      description:
        '{{ $labels.service }} spends the budget of {{ $labels.slo }} ' +
        `{{ $value | printf "%.1f" }} times too fast (over ${long}, and still over ${short}).`,
      dashboard: 'slo',
    })),
    {
      alert: 'CheerErrorBudgetExhausted',
      expr: 'service_slo:cheer_error_budget_remaining:ratio <= 0',
      for: '15m',
      severity: 'warning',
      summary: 'An error budget is spent: the error budget policy applies.',
      description:
        '{{ $labels.service }} has {{ $value | humanizePercentage }} of the 30-day budget of {{ $labels.slo }} left.',
      dashboard: 'slo',
    },
  ];
}
