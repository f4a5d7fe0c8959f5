import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createMessageMetrics, createRegistry, generateRules, type AlertingRule } from '@selfcheer/cheer-kit';
import { createTelemetry } from '../src/cheer/telemetry';
import { readSloFile, sloFileJsonSchema } from '../src/cli/rules-file';
import { ruleFiles, ruleFormats } from '../src/cli/rules-yaml';
import { configSchema } from '../src/config/schema';

const folder = join(__dirname, '../../alerts');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const rules = generateRules(readSloFile('slos.yml', folder));
const recording = rules.recording.flatMap((group) => group.rules);
const alerts = rules.alerts.flatMap((group) => group.rules);
const named = (rule: AlertingRule): string => [rule.alert, rule.labels['burn_tier'] ?? ''].join(' ').trim();
const alertRows = alerts.map((rule) => [named(rule), rule] as const);

describe('what is committed is what slos.yml makes', () => {
  const files = ruleFormats.flatMap((format) => ruleFiles(rules, format));
  test.each(files.map(({ name, text }) => [name, text]))('%s', (name, text) => {
    expect(read(name)).toBe(text);
  });

  test('slos.schema.json', () => {
    expect(JSON.parse(read('slos.schema.json'))).toEqual(sloFileJsonSchema());
  });
});

/** Names of the series that an expression reads: what is followed by braces or a range, and all that have a colon. */
function metricsOf(expr: string): string[] {
  const bare = expr.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  return [...bare.matchAll(/\b([a-zA-Z_]\w*)(?=[{[])|\b[a-z_]\w*:[\w:]+/g)].map(([name]) => name);
}

async function exposed(): Promise<Set<string>> {
  const { registry, resources } = createTelemetry(configSchema.parse({}), '0.0.0');
  resources.stop();
  const messages = createRegistry();
  createMessageMetrics(messages);
  const metrics = [...(await registry.getMetricsAsJSON()), ...(await messages.getMetricsAsJSON())];
  const names = metrics.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  );
  // In OpenMetrics, which the registry speaks, a counter's name is without the suffix of its samples.
  return new Set(names.flatMap((name) => [name, `${name}_total`]));
}

test('every metric that a rule reads exists', async () => {
  const known = new Set([
    ...(await exposed()),
    ...recording.map(({ record }) => record),
    'up',
    'prometheus_rule_evaluation_failures_total',
  ]);
  const used = [...recording, ...alerts].flatMap(({ expr }) => metricsOf(expr));
  expect(used.length).toBeGreaterThan(100);
  expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([]);
});

test('records are named level:metric:operation, and no two are the same', () => {
  for (const { record } of recording) {
    expect(record).toMatch(
      /^service(_slo|_instance_slo|_code|_queue|_condition|_track)?:cheer_[a-z_]+:[a-z]+[a-z0-9]*(_[a-z0-9]+)*$|^service_slo:cheer_burn_rate:\d+[mhd]$/,
    );
  }
  const keys = recording.map(({ record, labels }) => JSON.stringify([record, labels]));
  expect(new Set(keys).size).toBe(keys.length);
});

test('every selector of a metric leaves out what has no service', () => {
  for (const { expr } of [...recording, ...alerts]) {
    for (const [, name = '', inside = ''] of expr.matchAll(/(?<![:\w])([a-z_]\w*)\{([^}]*)\}/g)) {
      if (name.startsWith('prometheus_')) continue;
      expect([name, inside]).toEqual([name, expect.stringContaining('service!=""')]);
    }
  }
});

describe('every alert', () => {
  test.each(alertRows)('%s has its labels and annotations', (_, { alert, labels, annotations }) => {
    expect(alert).toMatch(/^Cheer([A-Z][a-z0-9]+)+$/);
    expect(['critical', 'warning', 'info', 'none']).toContain(labels['severity']);
    expect(labels['component']).toBe('cheer');
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url', 'dashboard_url']);
    // Notifications are grouped by it.
    expect(annotations['summary']).toMatch(/^[A-Z][^{]*\.$/);
    expect(annotations['description']).toMatch(/\.$/);
  });

  test.each(alertRows)('%s waits, unless it is the watchdog', (_, { alert, for: wait }) => {
    expect(wait === undefined).toBe(alert === 'CheerWatchdog');
  });

  test.each(alertRows)('%s leads to a runbook and a dashboard that exist', (_, { alert, annotations }) => {
    const [, anchor = ''] = annotations['runbook_url']?.split('#') ?? [];
    const [, section = ''] =
      new RegExp(`^## ${alert}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(read('runbooks.md')) ?? [];
    expect(anchor).toBe(alert.toLowerCase());
    // Tables of alerts link by the name as it is written; a heading's own anchor is in lower case.
    expect(read('runbooks.md')).toContain(`\n<a id="${alert}"></a>\n\n## ${alert}\n`);
    for (const part of ['**Meaning.**', '**Impact.**', '**Look.**', '**Do.**', '**Ends**']) {
      expect(section).toContain(part);
    }
    const [, uid = ''] = /\/d\/([a-z-]+)/.exec(annotations['dashboard_url'] ?? '') ?? [];
    expect(existsSync(join(folder, `../provisioning/dashboards/${uid}.json`))).toBe(true);
  });

  test.each(alertRows)('%s has a test', (_, { alert }) => {
    const file = `${alert.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase()}.test.yml`;
    expect(existsSync(join(folder, 'tests', file))).toBe(true);
  });
});

test('no runbook is of an alert that does not exist', () => {
  const sections = [...read('runbooks.md').matchAll(/^## (\w+)/gm)].map(([, name]) => name);
  expect(new Set(sections)).toEqual(new Set(alerts.map(({ alert }) => alert)));
  expect(sections).toHaveLength(new Set(sections).size);
});

describe('alertmanager.yml', () => {
  const {
    route,
    receivers,
    inhibit_rules: inhibitions,
  } = parse(read('alertmanager.yml')) as {
    route: { receiver: string; routes: { receiver: string }[] };
    receivers: { name: string }[];
    inhibit_rules: { source_matchers: string[]; equal: string[] }[];
  };

  test('every route has its receiver', () => {
    const known = receivers.map(({ name }) => name);
    for (const { receiver } of [route, ...route.routes]) expect(known).toContain(receiver);
  });

  test('every alert that an inhibition names exists', () => {
    const text = JSON.stringify(inhibitions);
    const names = new Set(alerts.map(({ alert }) => alert));
    for (const [name] of text.matchAll(/Cheer\w+/g)) expect(names).toContain(name);
  });

  test('no source is without a service: missing labels are equal to missing labels', () => {
    for (const { source_matchers: source, equal } of inhibitions) {
      expect(source).toContain('service != ""');
      expect(equal).toEqual(expect.arrayContaining(['namespace', 'service']));
    }
  });
});
