import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corsOrigins, jwt } from '../exporter-config';
import { consul } from './consul';
import { gate } from './gate';
import { pod } from './pod';
import { rollout } from './rollout';
import { routing, weights } from './routing';
import { sameSettings } from './same-settings';
import { schema } from './schema';
import { parseObjects, type Doc, type Tree } from './tree';

const deploy = join(__dirname, '../..');
const read = (...files: readonly string[]): string =>
  files.map((file) => readFileSync(join(deploy, file), 'utf8')).join('---\n');
const canary = read(
  'argo/canary.yaml',
  'gateway/istio.yaml',
  'istio/security.yaml',
  'istio/destination-rules.yaml',
);
const blueGreen = read('argo/blue-green.yaml');
const settings = (objects: readonly Doc[]): readonly string[] =>
  sameSettings(objects, { jwt, cors: corsOrigins });

type Lint = (objects: readonly Doc[]) => readonly string[];

/** A planted fault: what stood there, what stands there now, and what the lint says. */
const faults: readonly (readonly [
  lint: Lint,
  yaml: string,
  was: RegExp | string,
  is: string,
  said: RegExp,
])[] = [
  [weights, canary, 'weight: 100', 'weight: 80', /route grpc sum to 80, not 100/],
  [weights, canary, /weight: 0\n/, 'weight: 10\n', /route grpc sum to 110/],
  [
    routing,
    canary,
    /host: selfcheer-exporter-canary\n {12}port/,
    'host: other\n            port',
    /no Service other/,
  ],
  [routing, canary, 'number: 50051', 'number: 50052', /has no port 50052/],
  [routing, canary, /( +)number: 50051/, '$1number: 50051\n            subset: v2', /has the subset v2/],
  [routing, canary, '- selfcheer-gateway\n', '- another\n', /no Gateway another/],
  [routing, canary, 'mode: ISTIO_MUTUAL', 'mode: DISABLE', /TLS is DISABLE/],
  [routing, canary, 'targetPort: grpc', 'targetPort: rpc', /its pods have no port rpc/],
  [
    routing,
    canary,
    /selector:\n( +)app.kubernetes.io\/name: selfcheer-exporter\n/,
    'selector:\n$1app.kubernetes.io/name: other\n',
    /selects no pod/,
  ],
  [gate, canary, /count: 1\n/, 'count: 2\n', /count is 2, not 1/],
  [gate, canary, /\n +count: 1(?=\n)/, '', /count is not set, not 1/],
  [gate, canary, 'failureLimit: 0', 'failureLimit: 1', /failureLimit is 1, not 0/],
  [gate, canary, 'backoffLimit: 0', 'backoffLimit: 3', /backoffLimit is 3, not 0/],
  [gate, canary, 'restartPolicy: Never', 'restartPolicy: OnFailure', /restartPolicy is OnFailure/],
  [gate, canary, /activeDeadlineSeconds: 600\n/, 'parallelism: 1\n', /no activeDeadlineSeconds/],
  [gate, canary, /\n +- --require-record/, '', /has no --require-record/],
  [gate, canary, '- --require-record\n', '- --inconclusive-as=pass\n', /no data must never pass/],
  [gate, canary, /\n +failureCondition: .*/, '', /failureCondition is not/],
  [gate, canary, /\n +successCondition: .*/, '', /successCondition is not/],
  [gate, canary, 'result.verdict == "fail"', 'result.verdict != "pass"', /failureCondition is not/],
  [gate, canary, '{{args.release}}/verdict', '1.0.0/verdict', /is not the verdict of the release/],
  [gate, canary, /\n +interval: 20s/, '', /has no interval/],
  [rollout, canary, /templateName: selfcheer-verify/, 'templateName: gone', /no AnalysisTemplate gone/],
  [rollout, canary, 'canaryService: selfcheer-exporter-canary', 'canaryService: gone', /no Service gone/],
  [rollout, canary, 'startingStep: 3', 'startingStep: 1', /does not start at step 3/],
  [rollout, canary, 'setWeight: 50', 'setWeight: 5', /weights 10, 5 do not rise/],
  [
    rollout,
    canary,
    'setCanaryScale:\n            replicas: 1',
    'setWeight: 1',
    /no analysis before the first weight/,
  ],
  [rollout, canary, /routes:\n( +)- http/, 'routes:\n$1- web', /has no route web/],
  [
    rollout,
    canary,
    /virtualService:\n( +)name: selfcheer-exporter/,
    'virtualService:\n$1name: gone',
    /no VirtualService gone/,
  ],
  [
    rollout,
    canary,
    /host: selfcheer-exporter-canary\n/,
    'host: selfcheer-exporter\n',
    /leads to selfcheer-exporter and selfcheer-exporter/,
  ],
  [
    rollout,
    canary,
    /(templateName: selfcheer-verdict\n[^]*?)- name: release/,
    '$1- name: version',
    /is not given release/,
  ],
  [
    rollout,
    canary,
    /(templateName: selfcheer-verdict\n[^]*?)- name: release/,
    '$1- name: version',
    /has no argument version/,
  ],
  [
    rollout,
    blueGreen,
    'previewService: selfcheer-exporter-preview',
    'previewService: gone',
    /no Service gone/,
  ],
  [rollout, blueGreen, 'previewReplicaCount: 1', 'previewReplicaCount: 3', /more than one new pod/],
  [
    rollout,
    canary,
    'value: selfcheer-exporter-baseline',
    'value: selfcheer-exporter',
    /several processes behind one address/,
  ],
  [rollout, canary, 'value: selfcheer-exporter-baseline', 'value: gone', /no Service gone to compare with/],
  [rollout, canary, /\n +selfcheer.dev\/track: stable\n +ports/, '\n  ports', /not of the stable pods alone/],
  [rollout, canary, 'value: selfcheer-exporter-keys', 'value: other-keys', /other-keys, which no pod knows/],
  [rollout, canary, 'selfcheer.svc:9465', 'selfcheer.svc:9464', /nothing records at .*:9464/],
  [
    rollout,
    canary,
    /setCanaryScale:\n( +)replicas: 1/,
    'setCanaryScale:\n$1weight: 50',
    /exactly one new pod/,
  ],
  [
    rollout,
    canary,
    /- setCanaryScale:\n +matchTrafficWeight: true/,
    '- pause: {}',
    /do not grow with their traffic/,
  ],
  [
    rollout,
    canary,
    /( +)abortScaleDownDelaySeconds: 600/,
    '$1dynamicStableScale: true',
    /there is no way back at once/,
  ],
  [rollout, blueGreen, 'prePromotionAnalysis:', 'someAnalysis:', /has no prePromotionAnalysis/],
  [rollout, blueGreen, 'templateName: selfcheer-watch', 'templateName: selfcheer-verdict', /waits for ever/],
  [
    pod,
    canary,
    /(livenessProbe:\n +httpGet:\n +)path: \/healthz/,
    '$1path: /readyz',
    /livenessProbe asks admin\/readyz/,
  ],
  [
    pod,
    canary,
    /(readinessProbe:\n +httpGet:\n +)path: \/readyz/,
    '$1path: /healthz',
    /readinessProbe asks admin\/healthz/,
  ],
  [
    pod,
    blueGreen,
    /(readinessProbe:\n +httpGet:\n +path: \/readyz\n +)port: admin/,
    '$1port: http',
    /readinessProbe asks http\/readyz/,
  ],
  [
    pod,
    canary,
    'terminationGracePeriodSeconds: 50',
    'terminationGracePeriodSeconds: 30',
    /is killed after 30 s, and its drain may take 42 s/,
  ],
  [
    pod,
    canary,
    /( +)startupProbe:/,
    '$1lifecycle: { preStop: { sleep: { seconds: 5 } } }\n$1startupProbe:',
    /has a preStop/,
  ],
  [pod, canary, 'runAsNonRoot: true', 'runAsNonRoot: false', /may run as root/],
  [pod, canary, 'enableServiceLinks: false', 'enableServiceLinks: true', /takes variables of Services/],
  [
    pod,
    canary,
    'automountServiceAccountToken: false\n      enable',
    'automountServiceAccountToken: true\n      enable',
    /has a token/,
  ],
  [pod, canary, 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', /may write to its image/],
  [pod, canary, 'allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true', /may gain privileges/],
  [pod, canary, '- ALL', '- NET_RAW', /keeps capabilities/],
  [
    pod,
    canary,
    /image: ghcr.io\/selfcheer\/exporter:.*/,
    'image: ghcr.io/selfcheer/exporter:latest',
    /is not pinned/,
  ],
  [
    pod,
    canary,
    /configMap:\n( +)name: selfcheer-exporter-config/,
    'configMap:\n$1name: gone',
    /no ConfigMap gone/,
  ],
  [pod, canary, 'claimName: selfcheer-sidecar', 'claimName: gone', /no PersistentVolumeClaim gone/],
  [
    pod,
    canary,
    'serviceAccountName: selfcheer-exporter',
    'serviceAccountName: gone',
    /no ServiceAccount gone/,
  ],
  [
    pod,
    canary,
    /volumeMounts:\n( +)- name: data/,
    'volumeMounts:\n$1- name: gone',
    /mounts gone, which is no volume/,
  ],
  [settings, canary, '- issuer: https://login', '- issuer: https://logins', /issuer is https:\/\/logins/],
  [settings, canary, /\n +audiences:\n +- selfcheer/, '', /audiences are any/],
  [
    settings,
    canary,
    /jwksUri: .*\n( +)forward/,
    'jwksUri: https://example.com\n$1forward',
    /jwksUri is https:\/\/example.com/,
  ],
  [settings, canary, 'forwardOriginalToken: true', 'forwardOriginalToken: false', /keeps the token/],
  [settings, canary, '- exact: https://app.example.com', '- regex: .*', /CORS allows/],
  [settings, canary, 'allowCredentials: false', 'allowCredentials: true', /CORS allows cookies/],
  [settings, canary, '- https://login.example.com//*', '- "*"', /is no subject of/],
  [schema, canary, 'setCanaryScale:', 'setCanaryScales:', /setCanaryScales/],
  [schema, canary, 'startingStep: 3', "startingStep: 'three'", /must be integer/],
  [
    schema,
    canary,
    'simple: LEAST_REQUEST',
    'simple: MOST_REQUEST',
    /must be equal to one of the allowed values/,
  ],
  [schema, canary, 'minProtocolVersion: TLSV1_2', 'minVersion: TLSV1_2', /minVersion/],
  [
    schema,
    canary,
    'apiVersion: security.istio.io/v1\n',
    'apiVersion: security.istio.io/v9\n',
    /no schema of/,
  ],
];

test.each(
  faults.map(
    ([lint, yaml, was, is, said]) =>
      [lint.name || 'settings', String(was), is, { lint, yaml, was, said }] as const,
  ),
)('%s: %s -> %j', (_name, _was, is, { lint, yaml, was, said }) => {
  expect(lint(parseObjects(yaml)).join('\n')).not.toMatch(said);
  const broken = yaml.replace(was, is);
  expect(broken).not.toBe(yaml);
  expect(lint(parseObjects(broken)).join('\n')).toMatch(said);
});

test.each([
  [{ http: 'http://127.0.0.1:9464/healthz' }, /asks \/healthz/],
  [{ deregister_critical_service_after: '30s' }, /60s or more/],
  [{ deregister_critical_service_after: undefined }, /60s or more/],
  [{ timeout: undefined }, /no timeout/],
] as const)('consul: %j', (fault, said) => {
  const whole = JSON.parse(read('consul/selfcheer-exporter.json')) as { service: { checks: Tree[] } };
  const [check] = whole.service.checks;
  const broken = { service: { checks: [{ ...(check as object), ...fault }] } } as unknown as Tree;
  expect(consul(broken).join()).toMatch(said);
  expect(consul({ service: { checks: [] } })).toEqual([expect.stringMatching(/no check/)]);
});
