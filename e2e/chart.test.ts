import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Rollout } from '@kubernetes-models/argo-rollouts/argoproj.io/v1alpha1/Rollout';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { lintChart } from '../deploy/src/chart-lint';
import { workloadsOf, type RenderedObject } from '../deploy/src/chart-objects';
import { runTool } from './alerts/promtool';
import { fakeCluster } from './chart/cluster';
import { refused, variants } from './chart/variants';
import { ExporterProcess, root, runCli } from './helpers/exporter-process';
import { helmLint, helmTemplate, renderChart, tool } from './helpers/helm';

/** Kinds that the schema of Kubernetes does not have, and their own. */
const custom = { Rollout, PodMonitor, PrometheusRule, ServiceMonitor } as const;
const isCustom = (kind: string): kind is keyof typeof custom => kind in custom;

/** Of deploy/docker/exporter.Dockerfile. */
const ofImage = { SELFCHEER_DATA_DIR: '/data' };

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-chart-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const textOf = (objects: readonly RenderedObject[], key: string): string | undefined =>
  objects.map(({ data, stringData }) => data?.[key] ?? stringData?.[key]).find((text) => text !== undefined);

/** Does it for all variants side by side when it is first asked for one, and once: each is a process of its own. */
function ofEach<T>(make: (values: object, name: string) => Promise<T>): (name: string) => Promise<T> {
  let all: ReadonlyMap<string, Promise<T>> | undefined;
  return async (name) => {
    all ??= new Map(Object.entries(variants).map(([one, values]) => [one, make(values, one)]));
    await Promise.allSettled(all.values());
    const made = all.get(name);
    if (!made) throw new RangeError(`there is no variant ${name}`);
    return made;
  };
}

const variant = ofEach((values) => renderChart(values));
const linted = ofEach((values) => helmLint(values));
const checks = new Map<string, ReturnType<typeof runCli>>();
const configChecked = ofEach(async (_values, name) => {
  const own = mkdtempSync(path.join(tmpdir(), 'selfcheer-chart-'));
  const { cwd, env } = podOf(await variant(name), own);
  const file = path.join(cwd, 'selfcheer.yaml');
  // Several variants are the same to the exporter.
  const same = JSON.stringify([readFileSync(file, 'utf8').replaceAll(own, ''), { ...env, ...keyless(env) }]);
  const check = checks.get(same) ?? runCli(['config', 'check', '--json', '--config', file], env);
  checks.set(same, check);
  return check.finally(() => rmSync(own, { recursive: true, force: true }));
});

/** Keys are made anew each time. */
const keyless = (env: Readonly<Record<string, string>>): Record<string, string> => ({
  SELFCHEER_AUTH_API_KEYS: (env['SELFCHEER_AUTH_API_KEYS'] ?? '').replaceAll(/[0-9a-f]{64}/g, ''),
});

/** The files of the pod, laid out in a folder, and its variables: what a process here can start with. */
function podOf(
  objects: readonly RenderedObject[],
  into: string,
): { cwd: string; env: Record<string, string> } {
  const flags = textOf(objects, 'flags.json');
  if (flags !== undefined) writeFileSync(path.join(into, 'flags.json'), flags);
  const config = textOf(objects, 'selfcheer.yaml') ?? '';
  writeFileSync(path.join(into, 'selfcheer.yaml'), config.replace('/etc/selfcheer/flags/', `${into}/`));
  const exporter = exporterOf(objects);
  const env: Record<string, string> = { KAFKA_BROKERS: '', ...ofImage };
  for (const { name, value, valueFrom } of exporter.spec?.containers[0]?.env ?? []) {
    const { secretKeyRef } = valueFrom ?? {};
    // What a cluster says, as it might be.
    const said = valueFrom?.fieldRef?.fieldPath.replace("metadata.labels['selfcheer.dev/track']", 'stable');
    const text = secretKeyRef ? (textOf(objects, secretKeyRef.key) ?? '[]') : (value ?? said ?? '');
    env[name] = text
      .replace(/^status\..*IP$/, '10.0.0.7')
      .replaceAll(/\$\((\w+)\)/g, (_, of: string) => env[of] ?? '');
  }
  return { cwd: into, env };
}

/** The pod of the exporter. */
function exporterOf(objects: readonly RenderedObject[]): IPodTemplateSpec {
  const templates = workloadsOf(objects).map(({ spec }) => spec.template);
  const found = templates.find(({ spec }) => spec?.containers[0]?.name === 'exporter');
  if (!found) throw new Error('there is no exporter');
  return found;
}

describe('the strict schemas of Kubernetes', () => {
  const validate = (version: string, files: readonly string[]): ReturnType<typeof tool> =>
    tool(path.join(root, '.cache/venv/bin/kubernetes-validate'), '--strict', '-k', version, ...files);

  /** As JSON, which every version of YAML reads alike; each object once, whoever has it. */
  function write(objects: readonly RenderedObject[]): readonly string[] {
    const texts = objects.filter(({ kind }) => !isCustom(kind)).map((object) => JSON.stringify(object));
    return [...new Set(texts)].map((text, index) => {
      const file = path.join(folder, `${index}.json`);
      writeFileSync(file, text);
      return file;
    });
  }

  /** One process for all of them, and one object among them that has a member which is none. */
  test.each(['1.28', '1.37'])(
    'every object fits that of %s, and a member that is none is found',
    async (version) => {
      const all = (await Promise.all(Object.keys(variants).map(variant))).flat();
      const spoiled = all
        .filter(({ kind }) => kind === 'StatefulSet')
        .slice(0, 1)
        .map((object) => ({ ...object, spec: { ...(object.spec as object), replicaz: 1 } }));
      const { ok, text } = await validate(version, write([...all, ...spoiled]));
      expect(text.split('\n').filter((line) => line.startsWith('ERROR'))).toEqual([
        expect.stringContaining('replicaz'),
      ]);
      expect(ok).toBe(false);
    },
  );
});

describe.each(Object.entries(variants))('%s', (name) => {
  let objects: readonly RenderedObject[];

  beforeAll(async () => (objects = await variant(name)));

  test('helm has nothing to say', async () => {
    expect(await linted(name)).toMatchObject({ ok: true });
  });

  test('every custom object fits its own schema', () => {
    for (const object of objects) {
      if (isCustom(object.kind)) new custom[object.kind](object as never).validate();
    }
  });

  test('they fit each other', () => {
    expect(lintChart(objects)).toEqual([]);
  });

  test('the exporter takes its configuration, and would start with it', async () => {
    const { code, stderr, stdout } = await configChecked(name);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { config } = JSON.parse(stdout) as { config: { service: string; http: string } };
    const exporter = workloadsOf(objects).find(
      ({ spec }) => spec.template.spec?.containers[0]?.name === 'exporter',
    );
    expect(config.service).toBe(exporter?.spec.template.metadata?.labels?.['app.kubernetes.io/name']);
  });
});

test.each(Object.entries(refused))('refused: %s', async (_name, [values, says]) => {
  const { ok, text } = await helmTemplate(values);
  expect(text).toContain(says);
  expect(ok).toBe(false);
});

test('the names are those that dashboards, rules and deploy/argo know', async () => {
  const objects = await variant('a canary');
  const services = objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
  expect(services.sort()).toEqual([
    'selfcheer-exporter',
    'selfcheer-exporter-baseline',
    'selfcheer-exporter-canary',
    'selfcheer-exporter-metrics',
    'selfcheer-sidecar',
  ]);
});

test('an upgrade keeps the keys that producers hold, and makes those that are missing', async () => {
  const cluster = await fakeCluster('selfcheer-exporter-keys', { producer: 'held by a producer' });
  try {
    const objects = await renderChart({}, '--dry-run=server', '--kube-apiserver', cluster.url);
    expect(textOf(objects, 'producer')).toBe('held by a producer');
    const keys = ['producer', 'reader', 'operator', 'gate'].map((name) => textOf(objects, name) ?? '');
    for (const made of keys.slice(1)) expect(made).toMatch(/^\w{43}$/);
    const digests = JSON.parse(textOf(objects, 'digests') ?? '[]') as { sha256: string }[];
    const sums = keys.map((key) => createHash('sha256').update(key).digest('hex'));
    expect(digests.map(({ sha256 }) => sha256).sort()).toEqual(sums.sort());
  } finally {
    await cluster.close();
  }
});

interface Analysis {
  readonly templates: readonly { readonly templateName: string }[];
  readonly args: readonly { readonly name: string }[];
}

test.each(['a canary', 'a canary without routes', 'blue and green'])(
  '%s names templates and arguments that deploy/argo/analysis.yaml has',
  async (name) => {
    const file = readFileSync(path.join(root, 'deploy/argo/analysis.yaml'), 'utf8');
    const known = new Map(
      parseAllDocuments(file).map((document) => {
        const template = document.toJS() as {
          metadata: { name: string };
          spec: { args: { name: string }[] };
        };
        return [template.metadata.name, template.spec.args.map((arg) => arg.name)];
      }),
    );
    const analyses: Analysis[] = [];
    JSON.stringify(workloadsOf(await variant(name)), (_key, value: unknown) => {
      if (typeof value === 'object' && value !== null && 'templates' in value)
        analyses.push(value as Analysis);
      return value;
    });
    expect(analyses).toHaveLength(2);
    for (const { templates, args } of analyses) {
      for (const { templateName } of templates) {
        expect(known.get(templateName)).toEqual(expect.arrayContaining(args.map((arg) => arg.name)));
      }
    }
  },
);

test('the gate asks with the key, by the name and at the addresses of its own release', async () => {
  const objects = await renderChart({
    ...variants['a canary'],
    nameOverride: 'orders',
    fullnameOverride: 'orders-exporter',
    auth: { existingSecret: 'my-keys' },
  });
  const text = JSON.stringify(objects.find(({ kind }) => kind === 'Rollout'));
  for (const [name, value] of Object.entries({
    keys: 'my-keys',
    service: 'orders',
    sidecar: 'http://orders-sidecar.selfcheer.svc:9465',
    baseline: 'orders-exporter-baseline',
    target: 'orders-exporter-canary',
  })) {
    expect(text).toContain(JSON.stringify({ name, value }));
  }
});

test('pods may sleep, and a label of one’s own stands over that of the mesh', async () => {
  const none = await renderChart({ replicas: 0, sidecar: { enabled: true } });
  expect(none.find(({ kind }) => kind === 'StatefulSet')?.spec).toMatchObject({ replicas: 0 });
  const canary = (await variant('a canary')).find(({ kind }) => kind === 'Rollout');
  expect(canary?.spec).toMatchObject({
    template: { metadata: { labels: { 'sidecar.istio.io/inject': 'false' } } },
  });
});

test('its rules are those of alerts/, with links of one’s own', async () => {
  const objects = await renderChart({
    prometheusRule: {
      enabled: true,
      runbookUrl: 'https://wiki.example/runbooks',
      dashboardUrl: 'https://grafana.example/d/',
    },
  });
  const rule = objects.find(({ kind }) => kind === 'PrometheusRule');
  const file = path.join(folder, 'rules.yml');
  writeFileSync(file, stringify(rule?.spec));
  expect(await runTool('promtool', 'check', 'rules', file)).toMatchObject({ ok: true });
  const links = [...stringify(rule?.spec).matchAll(/(?:runbook|dashboard)_url: ["']?(\S+?\w)(?=[#?"'\s])/g)];
  expect(new Set(links.map(([, link]) => link?.replace(/\/cheer-\w+$/, '')))).toEqual(
    new Set(['https://wiki.example/runbooks', 'https://grafana.example/d']),
  );
  const own = parse(readFileSync(path.join(root, 'alerts/prometheus-rule.yaml'), 'utf8')) as { spec: object };
  const unlinked = (spec: unknown): string => stringify(spec).replaceAll(/(runbook|dashboard)_url:.*/g, '');
  expect(unlinked(rule?.spec)).toBe(unlinked(own.spec));
});

test('its dashboards are those of provisioning/', async () => {
  const objects = await renderChart({ dashboards: { enabled: true } });
  const from = path.join(root, 'provisioning/dashboards');
  for (const name of readdirSync(from).filter((one) => one.endsWith('.json'))) {
    const rendered = JSON.parse(textOf(objects, name) ?? 'null') as unknown;
    expect(rendered).toEqual(JSON.parse(readFileSync(path.join(from, name), 'utf8')));
  }
});

describe('a pod with nothing set', () => {
  let exporter: ExporterProcess;
  let objects: readonly RenderedObject[];

  beforeEach(async () => {
    objects = await renderChart({});
    const { cwd, env } = podOf(objects, folder);
    delete env['SELFCHEER_DATA_DIR'];
    const dataDir = path.join(folder, 'data');
    mkdirSync(dataDir);
    exporter = await ExporterProcess.start(env, { prefix: ['env', '-C', cwd], dataDir });
  });
  afterEach(async () => exporter.dispose());

  /** The container of `helm test`, as a process here. */
  async function helmTest(key: string | undefined): Promise<{ ok: boolean; text: string }> {
    const pod = objects.find(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
    const [container] = (pod?.spec as { containers: { command: string[] }[] }).containers;
    const [, ...args] = container?.command ?? [];
    const env = [
      `HTTP_URL=${exporter.url}`,
      `ADMIN_URL=http://${exporter.addresses.admin}`,
      `SELFCHEER_API_KEY=${key ?? ''}`,
    ];
    return tool('env', ...env, process.execPath, ...args);
  }

  test('it starts, its probes answer, and helm test follows an event to the sink', async () => {
    for (const probe of ['healthz', 'readyz']) {
      expect((await fetch(`http://${exporter.addresses.admin}/${probe}`)).status).toBe(200);
    }
    expect((await fetch(`http://${exporter.addresses.admin}/metrics`)).status).toBe(401);
    const reader = { authorization: `Bearer ${textOf(objects, 'reader')}` };
    expect((await fetch(`http://${exporter.addresses.admin}/metrics`, { headers: reader })).status).toBe(200);

    const good = await helmTest(textOf(objects, 'gate'));
    expect(good.text).toContain('ok: it is published');
    expect(good.ok).toBe(true);

    const bad = await helmTest('not a key');
    expect(bad.text).toContain('FAILED: an event is accepted: 401');
    expect(bad.ok).toBe(false);
  });
});
