import { generateRules, type AlertingRule } from '@selfcheer/cheer-kit';
import { Ajv } from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSloFile } from '../../exporter/src/cli/rules-file';
import { alertingFiles } from './alerting-files';
import { lintAlerting, type AlertingJson, type RouteJson, type RuleJson } from './alerting-lint';
import { receivers } from './alerting-routes';
import { secondsOf } from './alerting-rules';
import { dashboards } from './dashboards';

const root = join(__dirname, '../..');
const folder = join(root, 'provisioning/alerting');
const spec = readSloFile('alerts/slos.yml', root);
const files = alertingFiles(spec);

/** As Grafana reads it. */
function read<T>(text: string): T {
  return parse(text, { version: '1.1' }) as T;
}

const parsed = files.map(({ text }) => read<AlertingJson>(text));
const rules = parsed.flatMap(({ groups = [] }) => groups.flatMap((group) => group.rules));
const alerts = generateRules(spec).alerts.flatMap((group) => group.rules);
const surroundings = {
  datasources: read<{ datasources: { uid: string }[] }>(
    readFileSync(join(root, 'provisioning/datasources/selfcheer.yml'), 'utf8'),
  ).datasources.map(({ uid }) => uid),
  panels: Object.fromEntries(
    dashboards.map(({ uid = '', panels = [] }) => [uid, panels.map(({ id = 0 }) => id)]),
  ),
};
const schema = new Ajv({ allErrors: true, strict: false }).compile(
  JSON.parse(readFileSync(join(root, 'provisioning/schema/alerting.json'), 'utf8')) as object,
);

test('what lies in the folder is what is built', () => {
  expect(readdirSync(folder).sort()).toEqual(files.map(({ name }) => name).sort());
});

describe.each(files.map(({ name, text }) => [name, text] as const))('%s', (name, text) => {
  test('is committed as it is generated: npm run generate', () => {
    expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
  });

  test('is a file of Grafana', () => {
    schema(read(text));
    expect(schema.errors ?? []).toEqual([]);
  });
});

test('all are in order', () => {
  expect(lintAlerting(parsed, surroundings)).toEqual([]);
});

describe('the rules are those of Prometheus', () => {
  const pairs = alerts.map((alert, n): [string, AlertingRule, RuleJson] => [
    rules[n]?.uid ?? alert.alert,
    alert,
    rules[n] as RuleJson,
  ]);

  test('as many', () => {
    expect(rules).toHaveLength(alerts.length);
  });

  test.each(pairs)('%s', (_uid, alert, rule) => {
    expect(rule).toMatchObject({ title: alert.alert, for: alert.for ?? '0s', labels: alert.labels });
    expect(rule.keepFiringFor).toBe(alert.keep_firing_for);
    expect(Object.keys(rule.annotations)).toEqual(Object.keys(alert.annotations));
    const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');
    for (const { model } of rule.data.slice(0, 2)) {
      expect(plain(model.expr ?? '')).toContain(`( ${plain(alert.expr)} )`);
    }
  });

  test('a series stays for two evaluations longer than its alert is kept', () => {
    for (const { keepFiringFor, data } of rules) {
      const windows = data.flatMap(({ model }) => [...(model.expr ?? '').matchAll(/\)\[(\d+)s:30s\]/g)]);
      const expected = keepFiringFor === undefined ? [] : Array(2).fill(secondsOf(keepFiringFor) + 60);
      expect(windows.map(([, seconds]) => Number(seconds))).toEqual(expected);
    }
  });
});

test('one alert says that Prometheus is gone, the watchdog stops, and no other changes', () => {
  const titles = (state: string): string[] =>
    rules.filter(({ execErrState }) => execErrState === state).map(({ title }) => title);
  expect(titles('Error')).toEqual(['CheerRuleEvaluationFailing']);
  expect(titles('OK')).toEqual(['CheerWatchdog']);
  expect(titles('KeepLast')).toHaveLength(rules.length - 2);
});

test('the routes are those of Alertmanager', () => {
  const { route } = read<{ route: { receiver: string; routes: { receiver: string; matchers: string[] }[] } }>(
    readFileSync(join(root, 'alerts/alertmanager.yml'), 'utf8'),
  );
  const policy = parsed.flatMap(({ policies = [] }) => policies)[0] as RouteJson;
  const muted = (child: RouteJson): string =>
    child.mute_time_intervals === undefined ? child.receiver : 'null';
  expect(policy.receiver).toBe(route.receiver);
  expect(
    policy.routes?.map((child) => [muted(child), child.object_matchers?.map((m) => m.join(' '))]),
  ).toEqual(
    route.routes.map(({ receiver, matchers }) => [receiver, matchers.map((m) => m.replaceAll('"', ''))]),
  );
});

test('no address is in a file: each comes from the environment', () => {
  const text = files.map((file) => file.text).join('\n');
  expect([...text.matchAll(/^\s+url: (.*)$/gm)].map(([, url]) => url)).toEqual(
    Object.values(receivers).map((variable) => `$${variable}`),
  );
});

test.each(['5 m', '1w', 'm', ''])('%p is no duration', (text) => {
  expect(() => secondsOf(text)).toThrow(RangeError);
});

describe('a fault is found', () => {
  type Writable = { -readonly [Key in keyof RuleJson]: RuleJson[Key] };
  type Break = (rule: Writable, route: { -readonly [Key in keyof RouteJson]: RouteJson[Key] }) => void;
  const faults: Readonly<Record<string, [Break, string]>> = {
    'a uid twice': [(rule) => (rule.uid = 'cheer-watchdog'), 'two rules have the uid cheer-watchdog'],
    'no condition': [(rule) => (rule.condition = 'D'), 'its condition D is no query'],
    'a refId of two minds': [
      (rule) => Object.assign(rule.data[0]!.model, { refId: 'X' }),
      'query A calls itself X',
    ],
    'another data source': [
      (rule) => Object.assign(rule.data[0]!, { datasourceUid: 'mine' }),
      'asks mine, which is no data source',
    ],
    'an expression over nothing': [
      (rule) => Object.assign(rule.data[2]!.model, { expression: 'X' }),
      'expression C reads X',
    ],
    "Prometheus' value": [
      (rule) => (rule.annotations = { ...rule.annotations, summary: '{{ $value }}' }),
      'not in the words of Grafana',
    ],
    'a value of nothing': [
      (rule) => (rule.annotations = { ...rule.annotations, summary: '{{ $values.X.Value }}' }),
      'reads $values.X',
    ],
    'no runbook': [(rule) => (rule.annotations = {}), 'has no annotation runbook_url'],
    'a label of the environment': [(rule) => (rule.labels = { a: '$HOME' }), 'a label has a $'],
    'a panel that is not there': [(rule) => (rule.panelId = 99), 'has a panel 99'],
    'a route to nowhere': [(_, route) => (route.receiver = 'mine'), 'leads to mine'],
    'a contact point in vain': [(_, route) => (route.routes = []), 'no route leads to pager'],
    'an unknown time': [(_, route) => (route.mute_time_intervals = ['x']), 'muted in x'],
    'a root that picks': [
      (_, route) => (route.object_matchers = [['a', '=', 'b']]),
      'does not take all alerts',
    ],
  };

  test.each(Object.entries(faults))('%s', (_name, [spoil, problem]) => {
    const spoiled = structuredClone(parsed);
    const rule = spoiled.flatMap(({ groups = [] }) => groups.flatMap((group) => group.rules))[0] as RuleJson;
    spoil(rule, spoiled.flatMap(({ policies = [] }) => policies)[0] as RouteJson);
    expect(lintAlerting(spoiled, surroundings).join('\n')).toContain(problem);
  });

  test.each([
    ['a wait in the words of the API', 'keepFiringFor:', 'keep_firing_for:'],
    ['a number of the API', 'missing_series_evals_to_resolve:', 'missingSeriesEvalsToResolve:'],
    ['a panel without its dashboard', 'dashboardUid: cheer-slo\n        ', ''],
    ['an interval between the ticks', 'interval: 30s', 'interval: 15s'],
    ['a query over time', 'instant: true', 'instant: false'],
    ['a time that is a number', "end_time: '24:00'", 'end_time: 24:00'],
    [
      'a matcher of one text',
      "- - severity\n            - '='\n            - critical",
      '- severity=critical',
    ],
  ])('%s', (_name, right, wrong) => {
    const file = files.find(({ text }) => text.includes(right));
    expect(schema(read(file?.text.replace(right, wrong) ?? ''))).toBe(false);
  });
});
