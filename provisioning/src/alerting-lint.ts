import { factsOf } from './promql-facts';

/** What of a file of provisioning/alerting/ is looked at here; its form is the schema's to check. */
export interface AlertingJson {
  readonly groups?: readonly { readonly name: string; readonly rules: readonly RuleJson[] }[];
  readonly contactPoints?: readonly { readonly name: string }[];
  readonly muteTimes?: readonly { readonly name: string }[];
  readonly policies?: readonly RouteJson[];
}

export interface RuleJson {
  readonly uid: string;
  readonly title: string;
  readonly for: string;
  readonly keepFiringFor?: string;
  readonly condition: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly execErrState: string;
  readonly data: readonly {
    readonly refId: string;
    readonly datasourceUid: string;
    readonly model: { readonly refId: string; readonly expr?: string; readonly expression?: string };
  }[];
}

export interface RouteJson {
  readonly receiver: string;
  readonly mute_time_intervals?: readonly string[];
  readonly object_matchers?: readonly (readonly [string, string, string])[];
  readonly routes?: readonly RouteJson[];
}

/** What the files name, and others have. */
export interface Surroundings {
  readonly datasources: readonly string[];
  /** Ids of the panels of each dashboard. */
  readonly panels: Readonly<Record<string, readonly number[]>>;
}

function repeated(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

function ruleProblems(rule: RuleJson, { datasources, panels }: Surroundings): string[] {
  const { uid, data, condition, annotations, labels } = rule;
  const problems: string[] = [];
  const refIds = data.map(({ refId }) => refId);
  if (!refIds.includes(condition)) problems.push(`its condition ${condition} is no query`);
  for (const { refId, datasourceUid, model } of data) {
    if (model.refId !== refId) problems.push(`query ${refId} calls itself ${model.refId}`);
    if (![...datasources, '__expr__'].includes(datasourceUid)) {
      problems.push(`query ${refId} asks ${datasourceUid}, which is no data source`);
    }
    if (model.expression !== undefined && !refIds.includes(model.expression)) {
      problems.push(`expression ${refId} reads ${model.expression}, which is no query`);
    }
    if (model.expr !== undefined) factsOf(model.expr);
  }
  const texts = Object.values(annotations).join('\n');
  for (const [, refId = ''] of texts.matchAll(/\$values\.(\w+)/g)) {
    if (!refIds.includes(refId)) problems.push(`an annotation reads $values.${refId}, which is no query`);
  }
  // In Grafana $value is a text of all queries, and ${x} a variable of its environment.
  if (/\$value\b|\$\{/.test(texts)) problems.push('an annotation is not in the words of Grafana');
  if (Object.values(labels).some((label) => label.includes('$'))) problems.push('a label has a $ in it');
  if (!panels[rule.dashboardUid]?.includes(rule.panelId)) {
    problems.push(`no dashboard ${rule.dashboardUid} has a panel ${rule.panelId}`);
  }
  for (const name of ['summary', 'description', 'runbook_url', 'dashboard_url']) {
    if (!annotations[name]) problems.push(`has no annotation ${name}`);
  }
  return problems.map((problem) => `${uid}: ${problem}`);
}

function routesOf(route: RouteJson): RouteJson[] {
  return [route, ...(route.routes ?? []).flatMap(routesOf)];
}

/** What is wrong with all files together, in sentences. */
export function lintAlerting(files: readonly AlertingJson[], surroundings: Surroundings): string[] {
  const rules = files.flatMap(({ groups = [] }) => groups.flatMap((group) => group.rules));
  const names = (key: 'contactPoints' | 'muteTimes'): string[] =>
    files.flatMap((file) => (file[key] ?? []).map(({ name }) => name));
  const policies = files.flatMap((file) => file.policies ?? []);
  const routes = policies.flatMap(routesOf);
  const used = routes.map(({ receiver }) => receiver);
  return [
    ...repeated(rules.map(({ uid }) => uid)).map((uid) => `two rules have the uid ${uid}`),
    ...rules.flatMap((rule) => ruleProblems(rule, surroundings)),
    ...used
      .filter((name) => !names('contactPoints').includes(name))
      .map((name) => `a route leads to ${name}, which is no contact point`),
    ...names('contactPoints')
      .filter((name) => !used.includes(name))
      .map((name) => `no route leads to ${name}`),
    ...routes
      .flatMap((route) => route.mute_time_intervals ?? [])
      .filter((name) => !names('muteTimes').includes(name))
      .map((name) => `a route is muted in ${name}, which is no time`),
    // Grafana refuses a root with matchers or with a time in which nobody is told.
    ...policies
      .filter((root) => root.object_matchers !== undefined || root.mute_time_intervals !== undefined)
      .map(() => 'the root of the policies does not take all alerts at all times'),
  ];
}
