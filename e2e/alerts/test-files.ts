import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  generateRules,
  type AlertingRule,
  type RecordingRule,
  type RuleFiles,
  type RuleGroup,
  type RulesSpec,
} from '@selfcheer/cheer-kit';
import { parseSloFile } from '../../exporter/src/cli/rules-file';
import type { AlertCase } from './alert-case';
import { burnCases } from './cases/burn';
import { canaryCases } from './cases/canary';
import { changeCases } from './cases/changes';
import { metaCases } from './cases/meta';
import { meterCases } from './cases/meter';
import { pipelineCases } from './cases/pipeline';
import { plainCases, plainWindowCases } from './cases/plain';
import { recordedCases } from './cases/recorded';
import { resourceCases } from './cases/resources';
import { serviceCases } from './cases/service';
import { sloCases } from './cases/slo';
import { budgetCases, windowCases } from './cases/windows';
import { alertTests, promtoolFile, queryTest, watchdogTest, type PromtoolTest } from './promtool-file';

const folder = path.join(__dirname, '../../alerts');

const both = ['recording', 'alerts'] as const;

export const alertCases: readonly AlertCase[] = [
  ...sloCases,
  ...serviceCases,
  ...pipelineCases,
  ...resourceCases,
  ...meterCases,
  ...canaryCases,
  ...metaCases,
];

/** Tests that are evaluated equally often, with the same rules. */
export interface TestFile {
  readonly name: string;
  /** How often rules are evaluated, whatever their group says. */
  readonly every: string;
  /** Alerts alone are given the recorded series that they read. */
  readonly rules: readonly (keyof RuleFiles)[];
  readonly tests: readonly PromtoolTest[];
}

/** Rules, and all that tests them. */
export interface Suite {
  readonly rules: RuleFiles;
  readonly files: readonly TestFile[];
}

function specOf(sloFile: string): RulesSpec {
  return parseSloFile(readFileSync(path.join(folder, sloFile), 'utf8'), sloFile);
}

/** Groups of both kinds, in the order in which they are to be evaluated. */
export function groupsOf(
  rules: RuleFiles,
  kinds: readonly (keyof RuleFiles)[],
): readonly RuleGroup<RecordingRule | AlertingRule>[] {
  return kinds.flatMap((kind): readonly RuleGroup[] => rules[kind]);
}

/** `CheerErrorRateHigh` becomes `cheer-error-rate-high.test.yml`. */
function testFileOf(alert: string): string {
  return `${alert.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase()}.test.yml`;
}

/** One file an alert. */
function alertFiles(rules: RuleFiles, { links }: RulesSpec): TestFile[] {
  const annotations = new Map<string, AlertingRule['annotations']>(
    rules.alerts.flatMap((group) => group.rules.map((rule) => [rule.alert, rule.annotations])),
  );
  const file = (alert: string, tests: readonly PromtoolTest[], step = 1): TestFile => ({
    name: testFileOf(alert),
    every: `${step}m`,
    rules: ['alerts'],
    tests,
  });
  return [
    ...[...new Set(alertCases.map(({ alert }) => alert))].map((alert) => {
      const cases = alertCases.filter((each) => each.alert === alert);
      const summary = annotations.get(alert)?.['summary'] ?? '';
      return file(
        alert,
        cases.flatMap((each) => alertTests(each, summary, links)),
        cases[0]?.step,
      );
    }),
    file('CheerWatchdog', [watchdogTest(annotations.get('CheerWatchdog') ?? {})]),
  ];
}

/** The committed rules with the committed tests. */
export function committedSuite(): Suite {
  const spec = specOf('slos.yml');
  const rules = generateRules(spec);
  return {
    rules,
    files: [
      ...alertFiles(rules, spec),
      { name: 'recording.test.yml', every: '1m', rules: ['recording'], tests: recordedCases.map(queryTest) },
      { name: 'changes.test.yml', every: '1m', rules: ['recording'], tests: changeCases.map(queryTest) },
      { name: 'windows.test.yml', every: '5m', rules: ['recording'], tests: windowCases.map(queryTest) },
      { name: 'budgets.test.yml', every: '1h', rules: ['recording'], tests: budgetCases.map(queryTest) },
      ...Object.entries(burnCases).map(([name, { every, cases }]): TestFile => ({
        name: `burn-${name}.test.yml`,
        every,
        rules: both,
        tests: cases.map(queryTest),
      })),
    ],
  };
}

/** The rules of examples/slos.yml, which are not committed, with their tests. */
export function plainSuite(): Suite {
  return {
    rules: generateRules(specOf('examples/slos.yml')),
    files: [
      { name: 'plain.test.yml', every: '1m', rules: both, tests: plainCases.map(queryTest) },
      { name: 'plain-windows.test.yml', every: '1h', rules: both, tests: plainWindowCases.map(queryTest) },
    ],
  };
}

/** The file as `promtool test rules` reads it, from a folder beside the rule files. */
export function textOf({ every, rules: kinds, tests }: TestFile, rules: RuleFiles): string {
  return promtoolFile(tests, {
    rules: kinds.map((kind) => `../${kind}.rules.yml`),
    groups: groupsOf(rules, kinds).map(({ name }) => name),
    every,
  });
}
