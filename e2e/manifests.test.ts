import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rollout } from '../deploy/src/lint/rollout';
import { schema } from '../deploy/src/lint/schema';
import { at, parseObjects, pods, selects, text, type Doc } from '../deploy/src/lint/tree';
import { root } from './helpers/exporter-process';
import { helmTemplate, tool } from './helpers/helm';

const files = [
  'argo/canary.yaml',
  'argo/blue-green.yaml',
  'gateway/istio.yaml',
  'otel/kubernetes.yaml',
  'flags/configmap.yaml',
];
const read = (file: string): readonly Doc[] =>
  parseObjects(readFileSync(path.join(root, 'deploy', file), 'utf8'));

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-manifests-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Holds the objects of Kubernetes itself against its strict schema. */
async function validate(version: string, objects: readonly Doc[]): Promise<readonly string[]> {
  const written = objects
    .filter((object) => !/argoproj|istio/.test(text(object, 'apiVersion')))
    .map((object, index) => {
      const file = path.join(folder, `${index}.json`);
      writeFileSync(file, JSON.stringify(object));
      return file;
    });
  const command = path.join(root, '.cache/venv/bin/kubernetes-validate');
  const { ok, text: said } = await tool(command, '--strict', '-k', version, ...written);
  const errors = said.split('\n').filter((line) => line.startsWith('ERROR'));
  return ok || errors.length > 0 ? errors : [said];
}

test.each(['1.28', '1.37'])(
  'every object fits the strict schema of Kubernetes %s, and a member that is none is found',
  async (version) => {
    const objects = files.flatMap(read);
    const [service] = objects.filter(({ kind }) => kind === 'Service');
    expect(await validate(version, [...objects, { ...service, specs: {} }])).toEqual([
      expect.stringContaining('specs'),
    ]);
  },
);

describe('the Rollout of the chart, with the gate and the routes of deploy/', () => {
  const values = (strategy: 'canary' | 'blueGreen'): object => ({
    mode: 'broker',
    config: { kafka: { brokers: ['kafka:9092'] } },
    sidecar: { enabled: true },
    rollout: {
      enabled: true,
      strategy,
      trafficRouting: { istio: { virtualService: { name: 'selfcheer-exporter', routes: ['http', 'grpc'] } } },
    },
  });

  test.each(['canary', 'blueGreen'] as const)('%s', async (strategy) => {
    const { stdout, text: said } = await helmTemplate(values(strategy));
    const rendered = parseObjects(stdout).filter((object) => text(object, 'kind') !== '');
    expect(said).toContain('kind: Rollout');
    const all = [...rendered, ...read('argo/analysis.yaml'), ...read('istio/virtual-service.yaml')];
    expect([...rollout(all), ...schema(all)]).toEqual([]);
    // What is applied beside a release of the name selfcheer finds its pods.
    const [made] = pods(rendered).filter(({ owner }) => owner.startsWith('Rollout'));
    for (const policy of read('istio/security.yaml')) {
      expect(
        selects(at(policy, 'spec', 'selector', 'matchLabels'), at(made?.pod, 'metadata', 'labels')),
      ).toBe(true);
    }
  });
});
