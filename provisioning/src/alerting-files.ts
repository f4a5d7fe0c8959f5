import type { ContactPoint, Rule, RuleGroup } from '@grafana/grafana-foundation-sdk/alerting';
import type { RulesSpec } from '@selfcheer/cheer-kit';
import { Document, visit } from 'yaml';
import { alertRuleGroups } from './alerting-rules';
import { contactPoints, muteTiming, notificationPolicy } from './alerting-routes';

/** Title of the folder. Not that of the dashboards: Grafana would make it before they give it its uid. */
const folder = 'Selfcheer alerts';
const orgId = 1;

/**
 * A group as a file has it, which differs from the API of which the SDK knows: the folder by its title, the interval as
 * text, other spellings, the panel beside the annotations, and nothing in a rule of what its group says.
 * https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/
 */
function fileGroup({ title, interval, rules = [] }: RuleGroup): object {
  return { orgId, name: title, folder, interval: `${interval}s`, rules: rules.map(fileRule) };
}

function fileRule(rule: Rule): object {
  const { uid, title, condition, data, noDataState, execErrState, labels } = rule;
  const { __dashboardUid__: dashboardUid, __panelId__: panelId, ...annotations } = rule.annotations ?? {};
  return {
    uid,
    title,
    for: rule.for,
    ...(rule.keep_firing_for !== undefined && { keepFiringFor: rule.keep_firing_for }),
    missing_series_evals_to_resolve: rule.missingSeriesEvalsToResolve,
    noDataState,
    execErrState,
    labels,
    annotations,
    dashboardUid,
    panelId: Number(panelId),
    condition,
    data,
  };
}

function fileContactPoint({ name, ...receiver }: ContactPoint): object {
  return { orgId, name, receivers: [receiver] };
}

export interface AlertingFile {
  readonly name: string;
  readonly text: string;
}

/** As Grafana reads it, by YAML 1.1, in which 24:00 and a bare = are no texts. */
function yaml(name: string, value: object): AlertingFile {
  const head = '# Made from alerts/slos.yml and provisioning/src by `npm run generate`: change those.\n';
  // The SDK's objects have functions in them.
  const plain = JSON.parse(JSON.stringify({ apiVersion: 1, ...value })) as object;
  const document = new Document(plain, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && /^[=!]/.test(node.value)) node.type = 'QUOTE_SINGLE';
    },
  });
  return { name, text: head + document.toString({ lineWidth: 0, singleQuote: true }) };
}

/** The files of provisioning/alerting/: the same alerts, for those who alert from Grafana. */
export function alertingFiles(spec: RulesSpec): AlertingFile[] {
  return [
    yaml('rules.yml', { groups: alertRuleGroups(spec).map(fileGroup) }),
    yaml('contact-points.yml', { contactPoints: contactPoints().map(fileContactPoint) }),
    yaml('policies.yml', {
      muteTimes: [{ orgId, ...muteTiming }],
      policies: [{ orgId, ...notificationPolicy() }],
    }),
  ];
}
