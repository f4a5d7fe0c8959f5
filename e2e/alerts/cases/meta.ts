import type { AlertCase } from '../alert-case';

const failures = (group: string): string =>
  `prometheus_rule_evaluation_failures_total{instance="prometheus", rule_group="/etc/prometheus/x.yml;${group}"}`;

export const metaCases: readonly AlertCase[] = [
  {
    alert: 'CheerRuleEvaluationFailing',
    severity: 'warning',
    of: { rule_group: '/etc/prometheus/x.yml;cheer-slo.rules' },
    for: 5,
    keep: 0,
    // The last failure stays in the window for ten minutes.
    forgottenAfter: 9,
    dashboard: 'cheer-overview',
    fault: (time) => ({
      [failures('cheer-slo.rules')]: time.counter(0, 1),
      [failures('cheer-slo.rules').replace('"prometheus"', '"other"')]: time.counter(0, 1),
    }),
    description: 'Group /etc/prometheus/x.yml;cheer-slo.rules failed 12 times in 10 minutes.',
    nearMisses: {
      'they are the rules of others': (time) => ({
        [failures('cheer-slo.rules')]: time.always(3),
        [failures('cheer-slo.rules').replace('"prometheus"', '"other"')]: undefined,
        [failures('node.rules')]: time.counter(0, 1),
      }),
    },
  },
];
