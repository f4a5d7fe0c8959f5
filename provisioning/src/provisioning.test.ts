import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { parse } from 'yaml';
import { dashboards } from './dashboards';

const root = join(__dirname, '../..');
const folder = join(root, 'provisioning');

function read<T>(file: string): T {
  return parse(readFileSync(join(folder, file), 'utf8')) as T;
}

interface DataSource {
  readonly uid: string;
  readonly type: string;
  readonly isDefault?: boolean;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

interface Scrape {
  readonly job_name: string;
  readonly file_sd_configs?: readonly { readonly files: readonly string[] }[];
}

interface PrometheusConfig {
  readonly global: { readonly scrape_interval: string };
  readonly rule_files: readonly string[];
  readonly alerting: { readonly alertmanagers: readonly Pick<Scrape, 'file_sd_configs'>[] };
  readonly scrape_configs: readonly Scrape[];
}

describe('data sources', () => {
  const { datasources } = read<{ datasources: DataSource[] }>('datasources/selfcheer.yml');
  const uids = datasources.map(({ uid }) => uid);
  const prometheus = datasources.find(({ type }) => type === 'prometheus');

  test('each has a uid of its own, and one is the default', () => {
    expect(new Set(uids).size).toBe(uids.length);
    expect(datasources.filter(({ isDefault }) => isDefault).map(({ type }) => type)).toEqual(['prometheus']);
  });

  test('name each other by uids that are there', () => {
    const named = [...JSON.stringify(datasources).matchAll(/"\w+[uU]id":"([^"]+)"/g)].map(([, uid]) => uid);
    expect(named.length).toBeGreaterThan(2);
    expect(uids).toEqual(expect.arrayContaining(named));
  });

  test('exemplars lead from their label to the traces', () => {
    expect(prometheus?.jsonData['exemplarTraceIdDestinations']).toMatchObject([
      { name: 'trace_id', datasourceUid: datasources.find(({ type }) => type === 'tempo')?.uid },
    ]);
  });

  test('the interval is that of the scrapes: $__rate_interval comes from it', () => {
    const { global } = read<PrometheusConfig>('prometheus/prometheus.yml');
    expect(prometheus?.jsonData['timeInterval']).toBe(global.scrape_interval);
  });
});

describe('prometheus.yml', () => {
  const config = read<PrometheusConfig>('prometheus/prometheus.yml');
  const here = join(folder, 'prometheus');
  /** What `folder/*.suffix` stands for. */
  const found = (patterns: readonly string[]): string[] =>
    patterns.flatMap((pattern) => {
      const [, suffix = ''] = basename(pattern).split('*');
      const names = readdirSync(join(here, dirname(pattern))).filter((name) => name.endsWith(suffix));
      return names.map((name) => join(dirname(pattern), name));
    });
  const discovered = [...config.scrape_configs, ...config.alerting.alertmanagers].flatMap(
    ({ file_sd_configs = [] }) => file_sd_configs.flatMap(({ files }) => files),
  );

  test('evaluates the rules of alerts/', () => {
    const files = found(config.rule_files).map((file) => relative(root, join(here, file)));
    expect(files).toEqual(expect.arrayContaining(['alerts/alerts.rules.yml', 'alerts/recording.rules.yml']));
  });

  test.each(discovered)('%s names targets', (pattern) => {
    const files = found([pattern]);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const groups = read<{ targets: string[] }[]>(join('prometheus', file));
      expect(groups.flatMap(({ targets }) => targets).length).toBeGreaterThan(0);
    }
  });

  test('every service that cheers has the labels that the rules go by', () => {
    const groups = found(['targets/*.yml']).flatMap((file) =>
      read<{ labels?: object }[]>(join('prometheus', file)),
    );
    for (const { labels } of groups) {
      expect(labels).toEqual({ service: expect.any(String), namespace: expect.any(String) });
    }
  });
});

test('the dashboards are provided from where they lie, and can not be changed in Grafana only', () => {
  const { providers } = read<{ providers: object[] }>('dashboards/selfcheer.yml');
  expect(providers).toMatchObject([
    { type: 'file', allowUiUpdates: false, options: { path: '/etc/grafana/provisioning/dashboards' } },
  ]);
});

test('the plugin that is provided is the one that is built, and that the dashboards use', () => {
  const { apps } = read<{ apps: { type: string }[] }>('plugins/selfcheer.yml');
  const { id } = JSON.parse(readFileSync(join(root, 'grafana-plugin/src/plugin.json'), 'utf8')) as {
    id: string;
  };
  expect(apps.map(({ type }) => type)).toEqual([id]);
  const types = dashboards.flatMap(({ panels }) => (panels ?? []).map(({ type }) => type));
  expect(types).toContain(id);
});
