import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configSchema } from '../../exporter/src/config/schema';
import { corsOrigins, exporterConfig, jwt } from './exporter-config';
import { consul } from './lint/consul';
import { gate } from './lint/gate';
import { pod } from './lint/pod';
import { rollout } from './lint/rollout';
import { routing, weights } from './lint/routing';
import { sameSettings } from './lint/same-settings';
import { schema } from './lint/schema';
import { parseObjects, type Doc, type Tree } from './lint/tree';
import { meshFiles } from './mesh-files';

const deploy = join(__dirname, '..');
const read = (file: string): string => readFileSync(join(deploy, file), 'utf8');
const objects = (...files: readonly string[]): readonly Doc[] =>
  files.flatMap((file) => parseObjects(read(file)));

/** What is applied together. */
const sets = {
  canary: objects('argo/canary.yaml', 'gateway/istio.yaml', 'istio/security.yaml'),
  'blue-green': objects('argo/blue-green.yaml'),
  traces: objects('otel/kubernetes.yaml'),
} satisfies Record<string, readonly Doc[]>;

const lints = {
  schema,
  weights,
  routing,
  gate,
  rollout,
  pod,
  settings: (all: readonly Doc[]) => sameSettings(all, { jwt, cors: corsOrigins }),
};

test.each(meshFiles().map(({ file, text }) => [file, text]))('%s is what its builder makes', (file, text) => {
  expect(read(file)).toBe(text);
});

describe.each(Object.entries(sets))('%s', (_name, set) => {
  test.each(Object.entries(lints))('%s', (_lint, lint) => {
    expect(lint(set)).toEqual([]);
  });
});

test('the routing by hand fits the Services of the canary', () => {
  const services = sets.canary.filter(({ kind }) => kind !== 'VirtualService');
  const all = [...services, ...objects('istio/virtual-service.yaml', 'istio/destination-rules.yaml')];
  const preview = parseObjects(read('argo/blue-green.yaml')).filter(
    ({ kind, metadata }) => kind === 'Service' && JSON.stringify(metadata).includes('-preview"'),
  );
  expect([...weights(all), ...routing([...all, ...preview]), ...schema(all)]).toEqual([]);
  expect(sameSettings(all, { jwt, cors: corsOrigins })).toEqual([]);
});

test('one VirtualService for a host, with the gate and the weights of its own', () => {
  const shares = (file: string): unknown =>
    parseObjects(read(file))
      .filter(({ kind }) => kind === 'VirtualService')
      .map((one) => JSON.stringify(one).match(/"weight":\d+/g));
  expect(shares('istio/virtual-service.yaml')).toEqual([
    ['"weight":90', '"weight":10', '"weight":90', '"weight":10'],
  ]);
  // A rollout begins with all traffic on what runs.
  expect(shares('argo/canary.yaml')).toEqual([['"weight":100', '"weight":0', '"weight":100', '"weight":0']]);
});

test('the exporter takes its configuration', () => {
  expect(configSchema.safeParse(exporterConfig).error).toBeUndefined();
});

test('the service definition of Consul', () => {
  expect(consul(JSON.parse(read('consul/selfcheer-exporter.json')) as Tree)).toEqual([]);
});
