import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { callGrpc, ingestPath } from '../../exporter/test/helpers/grpc-caller';
import { eventually, Service, tidyUp } from '../../exporter/test/helpers/service';
import { dashboards } from './dashboards';
import { factsOf, type Selector } from './promql-facts';
import { fillIn, queriesOf } from './queries';

const alerts = join(__dirname, '../../alerts');
/** Prometheus attaches them to what it scrapes. */
const targetLabels = ['namespace', 'service', 'pod', 'instance', 'job'];
/** Prometheus' own, with their labels; those of alerts are the rules'. */
const foreign: Readonly<Record<string, readonly string[]>> = {
  up: [],
  ALERTS: ['alertname', 'alertstate', 'component', 'severity', 'slo'],
  ALERTS_FOR_STATE: ['alertname', 'component', 'severity', 'slo'],
};

/** A name has one of these before its first colon, with what its series are told apart by. */
const levels: Readonly<Record<string, readonly string[]>> = {
  service: [],
  service_slo: ['slo'],
  service_code: ['code'],
  service_queue: ['queue'],
  service_condition: ['condition'],
  service_track: ['track', 'slo'],
};

const queries = dashboards
  .flatMap((dashboard) => queriesOf(dashboard))
  .map((query) => {
    const facts = factsOf(fillIn(query.expr, { rateInterval: '5m', interval: '15s', range: '1h' }));
    return { name: `${query.dashboard}: ${query.panel}: ${query.refId}`, ...facts };
  });

/** Values of each label, by metric; histograms by the names of their series. */
const scraped = new Map<string, Map<string, Set<string>>>();
const recorded = new Set<string>();

function readScrape(text: string): void {
  for (const line of text.split('\n')) {
    const [, name, labels = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined) continue;
    const known = scraped.get(name) ?? new Map<string, Set<string>>();
    scraped.set(name, known);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label, (known.get(label) ?? new Set<string>()).add(value));
    }
  }
}

/** Names that a selector without one stands for. */
function metricsOf({ metric, matchers }: Selector): string[] {
  if (metric !== undefined) return [metric];
  const name = matchers.find(({ label }) => label === '__name__')?.value ?? '';
  const [, before = '', inside = ''] = /^(\w+)\((.*)\)$/.exec(name) ?? [];
  return inside.split('|').map((part) => `${before}${part}`);
}

/** Undefined when there is no such metric. */
function labelsOf(metric: string): readonly string[] | undefined {
  if (recorded.has(metric)) return levels[metric.split(':')[0] ?? ''];
  if (metric in foreign) return foreign[metric];
  const found = scraped.get(metric);
  return found && [...found.keys()];
}

beforeAll(async () => {
  for (const file of readdirSync(alerts).filter((name) => name.endsWith('.rules.yml'))) {
    const { groups } = parse(readFileSync(join(alerts, file), 'utf8')) as {
      groups: { rules: { record?: string }[] }[];
    };
    for (const { record } of groups.flatMap(({ rules }) => rules)) if (record) recorded.add(record);
  }
  const service = await Service.start();
  await service.send([{ event_id: '1', payload: 'x' }]);
  await callGrpc(service.app.addresses.grpc, ingestPath, { event_id: '2', payload: 'x' });
  await service.untilPublished(2);
  // Score and garbage collection show up after a while.
  await eventually(async () => (await service.get('/metrics')).text.includes('\ncheer_score '));
  readScrape((await service.get('/metrics')).text);
}, 60_000);

afterAll(tidyUp);

test('there are metrics, recorded ones and queries', () => {
  expect(scraped.size).toBeGreaterThan(80);
  expect(recorded.size).toBeGreaterThan(40);
  expect(queries.length).toBeGreaterThan(100);
});

test.each(queries.map((query) => [query.name, query] as const))(
  '%s asks for what there is',
  (_name, query) => {
    const labels = new Set([...targetLabels, ...query.made]);
    for (const selector of query.selectors) {
      for (const metric of metricsOf(selector)) {
        const own = labelsOf(metric);
        expect([metric, own]).toEqual([metric, expect.any(Array)]);
        for (const label of own ?? []) labels.add(label);
        const matched = selector.matchers.filter(({ label }) => label !== '__name__');
        const known = [...targetLabels, ...(own ?? [])];
        expect(known).toEqual(expect.arrayContaining(matched.map(({ label }) => label)));
        for (const { label, op, value } of matched) {
          const values = scraped.get(metric)?.get(label);
          if (values && (op === '=' || op === '!=')) expect([...values]).toContain(value);
        }
      }
    }
    expect([...labels]).toEqual(expect.arrayContaining([...query.grouping]));
  },
);
