import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { chartFiles } from './chart';
import { configJsonSchema } from './chart-config-schema';
import { valuesSchema, valuesYaml } from './chart-values-files';

const chart = join(__dirname, '../chart/selfcheer');
const check = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
  JSON.parse(valuesSchema()) as object,
);
const problemsOf = (values: object): readonly string[] => {
  check(values);
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

test('what is generated is committed', () => {
  for (const { file, text } of chartFiles()) {
    expect([file, readFileSync(join(__dirname, '..', file), 'utf8') === text]).toEqual([file, true]);
  }
});

test('the chart and the image have the version of the exporter', () => {
  const exporter = readFileSync(join(__dirname, '../../exporter/package.json'), 'utf8');
  const { version } = JSON.parse(exporter) as { version: string };
  const { version: own, appVersion } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8')) as Record<
    string,
    string
  >;
  expect([own, appVersion]).toEqual([version, version]);
});

test('the defaults fit their schema', () => {
  expect(problemsOf(parse(valuesYaml()) as object)).toEqual([]);
});

describe('the schema', () => {
  test.each([
    ['a value that is none', { replica: 2 }],
    ['one further down', { drain: { second: 2 } }],
    ['a setting that is none', { config: { kafka: { topik: 'x' } } }],
    ['a setting of another type', { config: { outbox: { lanes: 'many' } } }],
    ['a quantity that is none', { persistence: { size: '20 GB' } }],
    ['a step that is none', { config: { enrich: [{ step: 'nothing' }] } }],
  ])('refuses %s', (_name, values) => {
    expect(problemsOf(values)).not.toEqual([]);
  });

  test.each(['http', 'insecure', 'dataDir', 'ack', 'drainSeconds', 'flags', 'tls', 'service', 'track'])(
    'refuses %s in config, which the chart sets',
    (key) => {
      expect(problemsOf({ config: { [key]: 'x' } })).toEqual(['/config must NOT have additional properties']);
    },
  );

  test('refuses secrets, which would stand in a ConfigMap', () => {
    const secrets = { auth: { apiKeys: [] }, kafka: { sasl: {} }, consul: { token: 'x' } };
    expect(problemsOf({ config: secrets })).toHaveLength(3);
  });

  test('takes what the exporter takes', () => {
    const config = {
      kafka: { brokers: ['kafka:9092'], topic: 'orders' },
      enrich: [{ step: 'normalize' }, { step: 'set', field: 'x', value: { any: ['thing', 1] } }],
      tenants: { shop: { eventsPerSecond: 10 } },
    };
    expect(problemsOf({ config, global: {} })).toEqual([]);
  });

  test('has patterns that Go reads: helm is written in it', () => {
    expect(JSON.stringify(configJsonSchema())).not.toContain('(?');
  });
});
