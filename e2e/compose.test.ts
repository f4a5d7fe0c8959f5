import { Ajv2020 } from 'ajv/dist/2020';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { receivers } from '../provisioning/src/alerting-routes';
import { runTool } from './alerts/promtool';
import { isBind, mountsOf, overlaid, readCompose, sourceOf, type ComposeFile } from './compose/compose-file';
import { addressesIn, lintCompose } from './compose/lint';
import { root, runCli } from './helpers/exporter-process';

const files = ['docker-compose.yml', 'deploy/grafana-alerts.compose.yml'];
const [base, over] = files.map((file) => readCompose(path.join(root, file))) as [ComposeFile, ComposeFile];
const alertsByGrafana = overlaid(base, over);
const dockerfiles = ['deploy/docker/exporter.Dockerfile', 'deploy/docker/grafana.Dockerfile'];
const text = (file: string): string => readFileSync(path.join(root, file), 'utf8');

describe('the schema of the Compose Specification', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  const check = ajv.compile(JSON.parse(text('deploy/schema/compose-spec.json')) as object);

  test.each(files)('%s', (file) => {
    check(parse(text(file), { merge: true }));
    expect(check.errors ?? []).toEqual([]);
  });

  test('a fault is found', () => {
    const { services } = readCompose(path.join(root, files[0] as string));
    expect(check({ services: { ...services, kafka: { ...services['kafka'], prots: [] } } })).toBe(false);
  });
});

describe('what no schema knows', () => {
  test('all is pinned, on loopback, there, and read only', () => {
    expect(lintCompose(base, root)).toEqual([]);
    expect(lintCompose(alertsByGrafana, root)).toEqual([]);
  });

  const faults: Readonly<Record<string, [string, string, string]>> = {
    'an image without a version': ['prometheus', '{"image":"prom/prometheus:latest"}', 'is not pinned'],
    'a version that moves': ['prometheus', '{"image":"prom/prometheus:v3.5"}', 'is not pinned'],
    'an open port': ['kafka', '{"ports":["9092:9092"]}', 'open to others'],
    'a file that is not there': ['tempo', '{"volumes":["./none:/x:ro"]}', 'mounts ./none'],
    'a mount that may be written': ['tempo', '{"volumes":["./deploy:/x"]}', 'may write to ./deploy'],
    'an unknown volume': ['tempo', '{"volumes":["mine:/x"]}', 'volume mine is not declared'],
    'a volume in vain': ['tempo', '{"volumes":[]}', 'volume tempo-data is not used'],
    'a wait without a check': [
      'grafana',
      '{"depends_on":{"otel-collector":{"condition":"service_healthy"}}}',
      'the health of otel-collector',
    ],
    'a wait for nobody': ['grafana', '{"depends_on":["loki"]}', 'waits for loki'],
    'a Dockerfile that is not there': ['grafana', '{"build":{"context":".","dockerfile":"x"}}', 'x is not'],
  };

  test.each(Object.entries(faults))('%s is found', (_name, [service, change, problem]) => {
    const spoiled = { ...base.services[service], ...(JSON.parse(change) as object) };
    const problems = lintCompose({ ...base, services: { ...base.services, [service]: spoiled } }, root);
    expect(problems.join('\n')).toContain(problem);
  });

  test('the image of the exporter has its version', () => {
    const { version } = JSON.parse(text('exporter/package.json')) as { version: string };
    expect(base.services['exporter']?.image).toBe(`selfcheer/exporter:${version}`);
  });

  test('each has a health check, but for the image without a tool to ask with', () => {
    const without = Object.entries(base.services)
      .filter(([, { healthcheck, build }]) => {
        return !healthcheck && !/^HEALTHCHECK /m.test(build ? text(build.dockerfile) : '');
      })
      .map(([name]) => name);
    expect(without).toEqual(['otel-collector']);
  });

  test('every address names a service', () => {
    const mounted = Object.values(base.services).flatMap((service) =>
      mountsOf(service)
        .filter(isBind)
        .flatMap(({ source }) => {
          const place = path.join(root, source);
          const names = source.endsWith('ml')
            ? [place]
            : readdirSync(place).map((name) => path.join(place, name));
          return names.filter((name) => name.endsWith('ml'));
        }),
    );
    const configs = mounted
      .filter((file) => !file.includes('/alerts/'))
      .map((file) => readFileSync(file, 'utf8').replaceAll(/^\s*#.*$/gm, ''));
    const environments = Object.values(base.services).map(({ environment }) => JSON.stringify(environment));
    const named = new Set([...configs, ...environments].flatMap((each) => addressesIn(each ?? '')));
    for (const host of ['exporter', 'kafka', 'prometheus', 'alertmanager', 'tempo', 'otel-collector']) {
      expect([...named]).toContain(host);
    }
    expect([...named].filter((host) => !(host in base.services))).toEqual([]);
  });
});

describe('each mounted file, by the tool that reads it', () => {
  let container: string;

  beforeEach(() => (container = mkdtempSync(path.join(tmpdir(), 'selfcheer-compose-'))));
  afterEach(() => rmSync(container, { recursive: true }));

  /** Lays the files as they are in the container. */
  function mount({ services }: ComposeFile, name: string): void {
    for (const bind of mountsOf(services[name] ?? {}).filter(isBind)) {
      const target = path.join(container, bind.target);
      mkdirSync(path.dirname(target), { recursive: true });
      cpSync(path.join(root, bind.source), target, { recursive: true });
    }
  }

  /** The path that an argument of the command names. */
  function configOf(name: string, flag: string): string {
    const argument = base.services[name]?.command?.find((each) => each.startsWith(`${flag}=`));
    return argument?.slice(flag.length + 1) ?? '';
  }

  test.each([
    ['docker-compose.yml', base, 26],
    ['alerts by Grafana', alertsByGrafana, 0],
  ])('prometheus.yml, its targets and its rules: %s', async (_name, file, alerts) => {
    mount(file, 'prometheus');
    const config = path.join(container, configOf('prometheus', '--config.file'));
    const { ok, text: said } = await runTool('promtool', 'check', 'config', config);
    expect([ok, said]).toEqual([true, expect.stringMatching(/recording\.rules\.yml/)]);
    const targets = parse(
      readFileSync(path.join(path.dirname(config), 'targets/selfcheer.yml'), 'utf8'),
    ) as object;
    expect(targets).toEqual([
      { targets: ['exporter:9464'], labels: { service: 'selfcheer', namespace: 'default' } },
    ]);
    const rules = readFileSync(path.join(container, 'etc/selfcheer/alerts/alerts.rules.yml'), 'utf8');
    expect(rules.match(/- alert: /g)?.length ?? 0).toBeGreaterThanOrEqual(alerts);
    if (alerts === 0) expect(rules).not.toContain('- alert: ');
  });

  test('alertmanager.yml', async () => {
    mount(base, 'alertmanager');
    const config = path.join(container, configOf('alertmanager', '--config.file'));
    expect(await runTool('amtool', 'check-config', config)).toMatchObject({ ok: true });
  });

  test('files of the collector and of Tempo are where their commands look for them', () => {
    for (const [name, flag] of [
      ['otel-collector', '--config'],
      ['tempo', '-config.file'],
    ] as const) {
      expect(sourceOf(base.services[name], configOf(name, flag), root)).toBeDefined();
      expect(existsSync(sourceOf(base.services[name], configOf(name, flag), root) ?? '')).toBe(true);
    }
  });

  test('the exporter takes its environment', async () => {
    const { code, stderr } = await runCli(['config', 'check'], {
      ...base.services['exporter']?.environment,
      SELFCHEER_DATA_DIR: container,
    });
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('Grafana', () => {
  const grafana = base.services['grafana'];
  const inside = '/etc/grafana/provisioning';

  test('finds data sources, dashboards and the plugin', () => {
    for (const name of ['datasources', 'dashboards', 'plugins']) {
      const source = sourceOf(grafana, `${inside}/${name}`, root) ?? '';
      expect(readdirSync(source)).toContain('selfcheer.yml');
    }
    const { providers } = parse(text('provisioning/dashboards/selfcheer.yml')) as {
      providers: { options: { path: string } }[];
    };
    const places = providers.map(({ options }) => sourceOf(grafana, options.path, root) ?? '');
    expect(places.flatMap((place) => readdirSync(place))).toContain('cheer-overview.json');
    const home = grafana?.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(existsSync(sourceOf(grafana, home, root) ?? '')).toBe(true);
  });

  test('has no alerts of its own, or has them alone', () => {
    const alerting = `${inside}/alerting`;
    expect(sourceOf(grafana, alerting, root)).toBeUndefined();
    expect(base.services['alertmanager']?.profiles).toBeUndefined();
    const { services } = alertsByGrafana;
    expect(readdirSync(sourceOf(services['grafana'], alerting, root) ?? '')).toContain('rules.yml');
    expect(services['alertmanager']?.profiles).toHaveLength(1);
  });

  test('does not start its alerts without the addresses to notify', () => {
    const variables = over.services['grafana']?.environment ?? {};
    expect(Object.keys(variables).sort()).toEqual(Object.values(receivers).sort());
    for (const [name, value] of Object.entries(variables)) {
      expect(value).toMatch(new RegExp(`^\\$\\{${name}:\\?.+\\}$`));
    }
  });
});

test('hadolint has nothing to say of the Dockerfiles', async () => {
  const hadolint = path.join(root, '.cache/venv/bin/hadolint');
  const { stdout } = await promisify(execFile)(hadolint, dockerfiles, { cwd: root, timeout: 30_000 });
  expect(stdout).toBe('');
});

test('the build leaves out what it makes anew, and nothing that it copies', () => {
  const ignored = text('.dockerignore').trim().split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '.git', '.cache']));
  const copied = dockerfiles.flatMap((file) => [...text(file).matchAll(/^COPY (?!.*--from)(\S+)/gm)]);
  expect(copied.map(([, name]) => name).filter((name = '') => ignored.includes(name))).toEqual([]);
});
