import { stringify } from 'yaml';
import type { RuleFiles, RuleGroup } from '@selfcheer/cheer-kit';

/** `prometheus`: rule files. `kubernetes`: one PrometheusRule, for the Prometheus operator. */
export const ruleFormats = ['prometheus', 'kubernetes'] as const;
export type RuleFormat = (typeof ruleFormats)[number];

const head = '# Made by `selfcheer rules` from slos.yml: change that, and make this anew.\n';

/** The files of this format, ready to be written; `name` is that of the PrometheusRule. */
export function ruleFiles(
  { recording, alerts }: RuleFiles,
  format: RuleFormat,
  name = 'selfcheer',
): readonly { readonly name: string; readonly text: string }[] {
  if (format === 'kubernetes') {
    return [{ name: 'prometheus-rule.yaml', text: yaml(prometheusRule(name, [...recording, ...alerts])) }];
  }
  return [
    { name: 'recording.rules.yml', text: yaml({ groups: recording }) },
    { name: 'alerts.rules.yml', text: yaml({ groups: alerts }) },
  ];
}

/** monitoring.coreos.com/v1; `keep_firing_for` needs version 0.64 of the operator. */
function prometheusRule(name: string, groups: readonly RuleGroup[]): object {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name, labels: { 'app.kubernetes.io/part-of': 'selfcheer' } },
    spec: { groups },
  };
}

function yaml(value: object): string {
  return head + stringify(value, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false });
}
