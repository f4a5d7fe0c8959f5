import { alertRule } from './alert';
import { canaryAlerts } from './canary-alerts';
import { canaryGroup } from './canary-recording';
import { fastProfile, type RuleProfile } from './fast-profile';
import { healthRules } from './health-recording';
import { metaAlerts } from './meta-alerts';
import { meterAlerts } from './meter-alerts';
import { pipelineAlerts } from './pipeline-alerts';
import { resourceAlerts } from './resource-alerts';
import type { AlertingRule, RecordingRule, RuleFiles, RuleGroup } from './rule';
import { serviceAlerts } from './service-alerts';
import { serviceRules } from './service-recording';
import { sloAlerts } from './slo-alerts';
import { budgetGroup, hourlyGroup, sloRules } from './slo-recording';
import { specProblems, type RulesSpec } from './spec';

const every = '30s';

/** In one group, so that what reads a series reads the one of the same moment. */
function mainGroup(spec: RulesSpec): RuleGroup<RecordingRule> {
  const ofKit = spec.kit ? [...serviceRules(), ...healthRules()] : [];
  return { name: 'cheer-slo.rules', interval: every, rules: [...sloRules(spec), ...ofKit] };
}

/**
 * In one group, so that what inhibits and what is inhibited is judged at the same moment, and those last that inhibit:
 * when all is well again, what they keep back must not outlive them.
 */
function alertGroup(spec: RulesSpec): RuleGroup<AlertingRule> {
  const ofKit = [
    ...resourceAlerts(),
    ...meterAlerts(),
    ...canaryAlerts(),
    ...pipelineAlerts(),
    ...serviceAlerts(),
  ];
  const texts = [...(spec.kit ? ofKit : []), ...sloAlerts(), ...metaAlerts()];
  return { name: 'cheer-all.alerts', interval: every, rules: texts.map((text) => alertRule(text, spec)) };
}

/**
 * Recording and alerting rules for all services that have the kit's metrics, and for the plain SLOs of others. One rule
 * covers every service and SLO, by the labels `namespace`, `service` and `slo`.
 *
 * @throws RangeError with all that is wrong with the spec
 */
export function generateRules(spec: RulesSpec, profile: RuleProfile = 'standard'): RuleFiles {
  const problems = specProblems(spec);
  if (problems.length > 0) throw new RangeError(problems.join('\n'));
  const rules: RuleFiles = {
    recording: [mainGroup(spec), budgetGroup(), hourlyGroup(spec), ...(spec.kit ? [canaryGroup()] : [])],
    alerts: [alertGroup(spec)],
  };
  return profile === 'fast' ? fastProfile(rules) : rules;
}
