import { stringify } from 'yaml';
import type { RulesSpec } from '@selfcheer/cheer-kit';
import { momentsOf, overridden, type AlertCase } from './alert-case';
import type { Series } from './series';

/** As `promtool test rules` reads it. */
export interface PromtoolTest {
  readonly name: string;
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test?: readonly AlertCheck[];
  readonly promql_expr_test?: readonly QueryCheck[];
}

interface AlertCheck {
  readonly eval_time: string;
  readonly alertname: string;
  readonly exp_alerts: readonly {
    readonly exp_labels: Readonly<Record<string, string>>;
    readonly exp_annotations: Readonly<Record<string, string>>;
  }[];
}

export interface QueryCheck {
  readonly expr: string;
  readonly eval_time: string;
  readonly exp_samples: readonly { readonly labels: string; readonly value: number }[];
}

/** A test of recorded series. */
export interface QueryCase {
  readonly name: string;
  readonly interval: string;
  readonly series: Series;
  readonly queries: readonly QueryCheck[];
}

/** Where alerts point to. */
type Links = RulesSpec['links'];

const head = '# Made by `npm run generate` from e2e/alerts/cases: change those.\n';

function inputOf(series: Series): PromtoolTest['input_series'] {
  return Object.entries(series).map(([name, values]) => ({ series: name, values }));
}

export function labelsOf({ severity, ruleLabels, of }: AlertCase): Record<string, string> {
  return { severity, component: 'cheer', ...ruleLabels, ...of };
}

function dashboardOf({ dashboard, of: { namespace, service } }: AlertCase, { dashboards }: Links): string {
  const base = `${dashboards}/${dashboard}`;
  return service === undefined ? base : `${base}?var-namespace=${namespace ?? ''}&var-service=${service}`;
}

/** The tests of one alert: what it does in time for each fault, and that it is silent for each near miss. */
export function alertTests(testCase: AlertCase, summary: string, links: Links): PromtoolTest[] {
  const { alert, step = 1, fault, alsoFires = {}, nearMisses } = testCase;
  const moments = momentsOf(testCase);
  const series = fault(moments.time);
  const at = (steps: number): string => `${steps * step}m`;
  const labels = labelsOf(testCase);
  const selector = `ALERTS{alertname="${alert}", ${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}}`;
  const told = (description: string): AlertCheck['exp_alerts'] => [
    {
      exp_labels: labels,
      exp_annotations: {
        ...{ summary, description },
        runbook_url: `${links.runbooks}#${alert.toLowerCase()}`,
        dashboard_url: dashboardOf(testCase, links),
      },
    },
  ];
  // By its labels: one name can be several rules, as the tiers of the burn alert are.
  const states = (steps: number, ...expected: readonly string[]): QueryCheck => ({
    expr: `count by (alertstate) (${selector})`,
    eval_time: at(steps),
    exp_samples: expected.map((state) => ({ labels: `{alertstate="${state}"}`, value: 1 })),
  });
  const test = (name: string, input: Series): Pick<PromtoolTest, 'name' | 'interval' | 'input_series'> => ({
    name: `${alert}: ${name}`,
    interval: `${step}m`,
    input_series: inputOf(input),
  });
  const check = (steps: number, description: string): AlertCheck => ({
    eval_time: at(steps),
    alertname: alert,
    exp_alerts: told(description),
  });
  const { pendingFrom, lastPending, fires, lastTrue, lastKept, resolved } = moments;
  return [
    {
      ...test('waits, fires, is kept, resolves', series),
      alert_rule_test: [check(fires, testCase.description)],
      promql_expr_test: [
        states(pendingFrom - 1),
        ...(lastPending >= pendingFrom
          ? [states(pendingFrom, 'pending'), states(lastPending, 'pending')]
          : []),
        states(fires, 'firing'),
        states(lastTrue, 'firing'),
        states(lastKept, 'firing'),
        states(resolved),
      ],
    },
    ...Object.entries(alsoFires).map(([name, variant]) => ({
      ...test(`fires: ${name}`, overridden(series, variant.series(moments.time))),
      alert_rule_test: [check(fires, variant.description)],
    })),
    ...Object.entries(nearMisses).map(([name, overrides]) => ({
      ...test(`is silent: ${name}`, overridden(series, overrides(moments.time))),
      promql_expr_test: [pendingFrom, fires, lastTrue].map((steps) => ({
        // Not even pending: the margin is the query's, not the wait's.
        ...states(steps),
        expr: `count by (alertstate) (ALERTS{alertname="${alert}"})`,
      })),
    })),
  ];
}

/** It fires with no series at all, from the first moment and for good. */
export function watchdogTest(annotations: Readonly<Record<string, string>>): PromtoolTest {
  const check = (at: string): AlertCheck => ({
    eval_time: at,
    alertname: 'CheerWatchdog',
    exp_alerts: [{ exp_labels: { severity: 'none', component: 'cheer' }, exp_annotations: annotations }],
  });
  return {
    name: 'CheerWatchdog: always fires',
    interval: '1m',
    input_series: [],
    alert_rule_test: [check('0m'), check('10m')],
  };
}

export function queryTest({ name, interval, series, queries }: QueryCase): PromtoolTest {
  return { name, interval, input_series: inputOf(series), promql_expr_test: queries };
}

/** The text of a file for `promtool test rules`; `groups` in the order in which they are to be evaluated. */
export function promtoolFile(
  tests: readonly PromtoolTest[],
  { rules, groups, every }: { rules: readonly string[]; groups: readonly string[]; every: string },
): string {
  const file = {
    rule_files: rules,
    evaluation_interval: every,
    group_eval_order: groups,
    tests,
  };
  return head + stringify(file, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false });
}
