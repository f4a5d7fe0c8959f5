import type { AlertText } from './alert';

/** Whether alerting itself works. These are of no service. */
export function metaAlerts(): AlertText[] {
  return [
    {
      alert: 'CheerRuleEvaluationFailing',
      expr: 'sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total{rule_group=~".*;cheer-.*"}[10m])) > 0',
      for: '5m',
      severity: 'warning',
      summary: 'Prometheus fails to evaluate these rules.',
      description: 'Group {{ $labels.rule_group }} failed {{ $value | printf "%.0f" }} times in 10 minutes.',
      dashboard: 'overview',
    },
    {
      alert: 'CheerWatchdog',
      expr: 'vector(1)',
      severity: 'none',
      summary: 'Alerts are delivered. This one always fires.',
      description: 'It goes to a service that calls for help when it stops coming.',
      dashboard: 'overview',
    },
  ];
}
