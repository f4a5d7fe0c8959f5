import {
  QueryBuilder,
  RuleBuilder,
  RuleGroupBuilder,
  type Rule,
  type RuleGroup,
} from '@grafana/grafana-foundation-sdk/alerting';
import { TypeThresholdBuilder } from '@grafana/grafana-foundation-sdk/expr';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { generateRules, type AlertingRule, type RulesSpec } from '@selfcheer/cheer-kit';
import { dashboards } from './dashboards';

/** Uid of the data source in datasources/: an alert has no reader who could choose one. */
const prometheusUid = 'prometheus';
/** What Grafana calls the expressions that it evaluates itself. */
const expressions = '__expr__';
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** @throws RangeError for what is not a number and one of s, m, h, d, as all durations of the rules are */
export function secondsOf(duration: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const seconds = Number(count) * (unitSeconds[unit] ?? NaN);
  if (Number.isNaN(seconds)) throw new RangeError(`${duration} is no duration such as 30s or 5m`);
  return seconds;
}

/** `CheerErrorBudgetBurn` of the fast tier -> `cheer-error-budget-burn-fast`. Grafana takes up to 40 characters. */
function uidOf({ alert, labels }: AlertingRule): string {
  const words = alert.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
  return [words, ...(labels['burn_tier'] === undefined ? [] : [labels['burn_tier']])].join('-');
}

/**
 * The two queries of a rule. Prometheus drops a series whose condition has ended, and keeps the alert by itself;
 * Grafana takes a series that is gone for one that is missing, and resolves without keeping. So a series that fired stays
 * for as long as it is to be kept, and two evaluations more: with its last value, and with a condition of 0.
 *
 * Both are aggregated over all of their labels, which drops the metric's name: Grafana matches them by their labels.
 */
function queriesOf({ expr, keep_firing_for: keep }: AlertingRule, every: string): [string, string] {
  const now = `(\n  ${expr.replaceAll('\n', '\n  ')}\n)`;
  if (keep === undefined) return [`max without () ${now}`, `group without () ${now}`];
  const kept = `last_over_time(${now}[${secondsOf(keep) + 2 * secondsOf(every)}s:${every}])`;
  return [`max without () (${now} or ${kept})`, `group without () ${now} or 0 * group without () (${kept})`];
}

/** `$value` is the only thing that is called otherwise in Grafana's templates, where it is a text about all queries. */
function annotationsOf({ annotations }: AlertingRule): Record<string, string> {
  const entries = Object.entries(annotations).map(([name, text]) => [
    name,
    text.replaceAll('$value', '$values.A.Value'),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/**
 * What it means that Prometheus does not answer. One alert says so, the one on whether rules are evaluated; the watchdog
 * stops, so that whoever waits for it calls for help; no other starts or ends because of it.
 */
function onError({ alert }: AlertingRule): Rule['execErrState'] {
  if (alert === 'CheerRuleEvaluationFailing') return 'Error';
  return alert === 'CheerWatchdog' ? 'OK' : 'KeepLast';
}

function query(refId: string, expr: string): QueryBuilder {
  const model = new DataqueryBuilder()
    .refId(refId)
    .datasource({ type: 'prometheus', uid: prometheusUid })
    .expr(expr)
    .instant();
  return new QueryBuilder(refId)
    .datasourceUid(prometheusUid)
    .relativeTimeRange({ from: 600, to: 0 })
    .model(model);
}

/** The dashboard that the alert leads to, and its first panel: Grafana takes both or none. */
function panelOf({ annotations }: AlertingRule): Record<string, string> {
  const url = annotations['dashboard_url'] ?? '';
  const found = dashboards.find(({ uid = '' }) => new URL(url).pathname.endsWith(`/${uid}`));
  const panel = found?.panels?.find(({ type }) => type !== 'row');
  if (found?.uid === undefined || panel?.id === undefined) throw new RangeError(`no dashboard is at ${url}`);
  return { __dashboardUid__: found.uid, __panelId__: String(panel.id) };
}

function rule(from: AlertingRule, group: string, every: string): RuleBuilder {
  const [value, condition] = queriesOf(from, every);
  const built = new RuleBuilder(from.alert)
    .uid(uidOf(from))
    .orgID(1)
    .ruleGroup(group)
    .withQuery(query('A', value))
    .withQuery(query('B', condition))
    .withQuery(
      new QueryBuilder('C').datasourceUid(expressions).model(
        new TypeThresholdBuilder()
          .refId('C')
          .datasource({ type: expressions, uid: expressions })
          .expression('B')
          .conditions([{ evaluator: { type: 'gt', params: [0] } }]),
      ),
    )
    .condition('C')
    .forDuration(from.for ?? '0s')
    .noDataState('OK')
    .execErrState(onError(from))
    .missingSeriesEvalsToResolve(1)
    .labels({ ...from.labels })
    .annotations({ ...annotationsOf(from), ...panelOf(from) });
  return from.keep_firing_for === undefined ? built : built.keepFiringFor(from.keep_firing_for);
}

/** The alerts of the rule files as Grafana's own. They read the recorded series: those stay with Prometheus. */
export function alertRuleGroups(spec: RulesSpec): RuleGroup[] {
  return generateRules(spec).alerts.map(({ name, interval = '30s', rules }) => {
    const group = new RuleGroupBuilder(name).interval(secondsOf(interval));
    for (const from of rules) group.withRule(rule(from, name, interval));
    return group.build();
  });
}
