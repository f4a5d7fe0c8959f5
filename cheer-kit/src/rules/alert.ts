import type { AlertingRule, Severity } from './rule';
import type { RulesSpec } from './spec';

/** Uids of the dashboards that alerts lead to. */
export const dashboards = {
  overview: 'cheer-overview',
  pipeline: 'cheer-pipeline',
  slo: 'cheer-slo',
  resources: 'cheer-resources',
  releases: 'cheer-releases',
} as const;

/** One alert, without what all have in common. */
export interface AlertText {
  readonly alert: string;
  readonly expr: string;
  /** Absent: at once. */
  readonly for?: string;
  /** Absent: it ends when the condition does. */
  readonly keep?: string;
  readonly severity: Severity;
  readonly labels?: Readonly<Record<string, string>>;
  /** One sentence without figures: a notification groups alerts by it. */
  readonly summary: string;
  /** What, where and how much. */
  readonly description: string;
  readonly dashboard: keyof typeof dashboards;
}

const selected =
  'var-namespace={{ $labels.namespace | urlquery }}&var-service={{ $labels.service | urlquery }}';

/** The rule of an alert, with the labels and annotations that every alert has. */
export function alertRule(text: AlertText, { links }: Pick<RulesSpec, 'links'>): AlertingRule {
  const { alert, expr, severity, labels, summary, description } = text;
  const runbook = `${links.runbooks}#${alert.toLowerCase()}`;
  const dashboard = `${links.dashboards}/${dashboards[text.dashboard]}`;
  return {
    alert,
    expr,
    ...(text.for !== undefined && { for: text.for }),
    ...(text.keep !== undefined && { keep_firing_for: text.keep }),
    labels: { severity, component: 'cheer', ...labels },
    annotations: {
      summary,
      description,
      runbook_url: runbook,
      dashboard_url: expr.includes('service') ? `${dashboard}?${selected}` : dashboard,
    },
  };
}
