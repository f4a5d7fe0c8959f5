import type { AlertingRule, RecordingRule } from '@selfcheer/cheer-kit';
import type { PromtoolTest } from './promtool-file';
import { groupsOf, type Suite } from './test-files';

type Rule = AlertingRule | RecordingRule;

/** One test, with the rules that can change what it sees: all others would only take time. */
export interface Probe {
  readonly test: PromtoolTest;
  readonly every: string;
  readonly needs: ReadonlySet<Rule>;
}

/** Names of recorded series and of alerts that stand in a text. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/\b[a-z_]+:[\w:]+|(?<=alertname=")\w+/g)].map(([name]) => name);
}

const minutes = (duration: string): number =>
  Number.parseInt(duration, 10) * (duration.endsWith('h') ? 60 : 1);

/** How often rules are evaluated for it: what it costs. */
function costOf({ test, every, needs }: Probe): number {
  const times = [...(test.alert_rule_test ?? []), ...(test.promql_expr_test ?? [])].map(
    (check) => check.eval_time,
  );
  return (Math.max(...times.map(minutes)) / minutes(every)) * needs.size;
}

/** Every test of the suite on its own, the cheapest first. */
export function probesOf({ rules, files }: Suite): Probe[] {
  const probes = files.flatMap(({ every, rules: kinds, tests }) => {
    const byName = new Map<string, Rule[]>();
    for (const rule of groupsOf(rules, kinds).flatMap((group) => group.rules)) {
      const name = 'record' in rule ? rule.record : rule.alert;
      byName.set(name, [...(byName.get(name) ?? []), rule]);
    }
    return tests.map((test) => {
      const needs = new Set<Rule>();
      const visit = (name: string): void => {
        for (const rule of byName.get(name) ?? []) {
          if (needs.has(rule)) continue;
          needs.add(rule);
          namesIn(rule.expr).forEach(visit);
        }
      };
      test.alert_rule_test?.forEach(({ alertname }) => visit(alertname));
      test.promql_expr_test?.forEach(({ expr }) => namesIn(expr).forEach(visit));
      return { test, every, needs };
    });
  });
  return probes.sort((one, other) => costOf(one) - costOf(other));
}
