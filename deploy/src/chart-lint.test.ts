import { lintChart } from './chart-lint';
import { bytesOf, renderedObjects, selects } from './chart-objects';

/** As the chart renders it, as far as lints look. */
const rendered = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: x }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: x-config }
data:
  selfcheer.yaml: |
    { ack: outbox, http: '0.0.0.0:8080', grpc: '0.0.0.0:50051', admin: '0.0.0.0:9464', dataDir: /data,
      drainSeconds: 30, readinessLagSeconds: 10, flags: { file: /etc/flags/flags.json } }
---
apiVersion: v1
kind: Service
metadata: { name: x }
spec: { selector: { app: x }, ports: [{ name: http, targetPort: http }, { name: grpc, targetPort: grpc }] }
---
apiVersion: v1
kind: Service
metadata: { name: x-metrics, labels: { metrics: 'true' } }
spec: { clusterIP: None, selector: { app: x }, ports: [{ name: admin, targetPort: admin }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: x }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: x } } }
---
apiVersion: v1
kind: Secret
metadata: { name: x-keys }
stringData: { digests: '[]', reader: r }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: x }
spec:
  podSelector: { matchLabels: { app: x } }
  ingress: [{ ports: [{ port: http }, { port: grpc }] }, { ports: [{ port: admin }] }]
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: x }
spec:
  selector: { matchLabels: { metrics: 'true' } }
  endpoints:
    - port: admin
      authorization: { credentials: { name: x-keys, key: reader } }
      relabelings:
        - { sourceLabels: [__meta_kubernetes_pod_label_app_kubernetes_io_name], targetLabel: service }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: x }
spec: { scaleTargetRef: { kind: StatefulSet, name: x } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: x }
spec:
  serviceName: x-metrics
  selector: { matchLabels: { app: x } }
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { resources: { requests: { storage: 20Gi } } } }]
  template:
    metadata: { labels: { app: x }, annotations: { checksum/config: abc } }
    spec:
      serviceAccountName: x
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 50
      securityContext: { runAsNonRoot: true, fsGroup: 65532, seccompProfile: { type: RuntimeDefault } }
      volumes: [{ name: config, configMap: { name: x-config } }, { name: flags, configMap: { name: x-config } }]
      containers:
        - name: exporter
          image: registry.example:5000/exporter:1.0.0
          args: [start, --config, /etc/config/selfcheer.yaml]
          ports:
            - { name: http, containerPort: 8080 }
            - { name: grpc, containerPort: 50051 }
            - { name: admin, containerPort: 9464 }
          startupProbe: { httpGet: { path: /healthz, port: admin } }
          livenessProbe: { httpGet: { path: /healthz, port: admin } }
          readinessProbe: { httpGet: { path: /readyz, port: admin }, periodSeconds: 3, failureThreshold: 2 }
          env: [{ name: SELFCHEER_AUTH_API_KEYS, valueFrom: { secretKeyRef: { name: x-keys, key: digests } } }]
          resources: { requests: { cpu: 500m }, limits: { memory: 1Gi } }
          securityContext:
            { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
          volumeMounts:
            - { name: data, mountPath: /data }
            - { name: config, mountPath: /etc/config }
            - { name: flags, mountPath: /etc/flags }
`;

test('what fits is left alone', () => {
  expect(lintChart(renderedObjects(rendered))).toEqual([]);
});

/** Each: what is written instead of what, and what must be said of it. */
const faults: Readonly<Record<string, readonly [from: string, to: string, says: string]>> = {
  'a selector of other pods': [
    'matchLabels: { app: x } }\n  volumeClaim',
    'matchLabels: { app: z } }\n  volumeClaim',
    'own pods',
  ],
  'a selector that changes': [
    'selector: { matchLabels: { app: x } }\n  volumeClaim',
    'selector: { matchLabels: { app: x, app.kubernetes.io/version: v } }\n  volumeClaim',
    'would change with app.kubernetes.io/version',
  ],
  'a selector of one track': [
    'selector: { matchLabels: { app: x } }\n  volumeClaim',
    'selector: { matchLabels: { app: x, selfcheer.dev/track: stable } }\n  volumeClaim',
    'would change with selfcheer.dev/track',
  ],
  'a key that its Secret does not have': [
    'key: digests',
    'key: digest',
    'Secret x-keys has no member digest',
  ],
  'a scrape with a key that is none': ['key: reader', 'key: raeder', 'Secret x-keys has no member raeder'],
  'a secret in a ConfigMap': [
    'ack: outbox,',
    'ack: outbox, kafka: {\n      sasl: { mechanism: plain } },',
    'ConfigMap x-config: a secret stands in it',
  ],
  'a budget of nothing': ['maxUnavailable: 1', 'maxUnavailable: 0', 'no node could ever be emptied'],
  'a part of no CPU': ['requests: { cpu: 500m }, ', '', 'ask for no CPU'],
  'old settings after an upgrade': ['checksum/config: abc', 'other: abc', 'no checksum/config'],
  'events on a disk that goes': [
    'volumeClaimTemplates: [{ metadata: { name: data }',
    'volumeClaimTemplates: [{ metadata: { name: dat }',
    'on a volume that goes with the pod',
  ],
  'no Service for the StatefulSet': ['serviceName: x-metrics', 'serviceName: z', 'no Service "z"'],
  'a Service of its own address': ['clusterIP: None, ', '', 'is not headless'],
  'a Service without pods': [
    'selector: { app: x }, ports: [{ name: http',
    'selector: { app: z }, ports: [{ name: http',
    'of 0 workloads',
  ],
  'a Service with a port that is not there': ['targetPort: grpc', 'targetPort: grcp', 'no port grcp'],
  'a budget without pods': [
    'spec: { maxUnavailable: 1, selector: { matchLabels: { app: x',
    'spec: { maxUnavailable: 1, selector: { matchLabels: { app: z',
    'PodDisruptionBudget x: finds no pods',
  ],
  'a policy without pods': [
    'podSelector: { matchLabels: { app: x',
    'podSelector: { matchLabels: { app: z',
    'NetworkPolicy x: finds no pods',
  ],
  'a policy that names no port': ['{ port: admin }', '{ port: metrics }', 'have no port metrics'],
  'a policy that closes a port': [
    '[{ port: http }, { port: grpc }]',
    '[{ port: http }]',
    'nobody reaches port grpc',
  ],
  'a monitor without a Service': [
    "matchLabels: { metrics: 'true' }",
    "matchLabels: { metrics: 'no' }",
    'finds 0 instead of one',
  ],
  'a monitor of two': ["matchLabels: { metrics: 'true' }", 'matchLabels: {}', 'finds 2 instead of one'],
  'a monitor of a wrong port': ['- port: admin', '- port: http', 'scrapes port http'],
  'a monitor that parts tracks': ['targetLabel: service', 'targetLabel: app', 'is not the name of the pod'],
  'an autoscaler of nothing': [
    '{ kind: StatefulSet, name: x }',
    '{ kind: Deployment, name: x }',
    'no Deployment x',
  ],
  'an autoscaler and replicas': [
    'serviceName: x-metrics',
    'serviceName: x-metrics\n  replicas: 2',
    'set the replicas of x back',
  ],
  root: ['runAsNonRoot: true, ', '', 'may run as root'],
  'no seccomp': ['RuntimeDefault', 'Unconfined', 'no seccomp'],
  'no group for the volume': ['fsGroup: 65532, ', '', 'fsGroup'],
  'a token': [
    'automountServiceAccountToken: false',
    'automountServiceAccountToken: true',
    'token for the API server',
  ],
  privileges: ['allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true', 'may gain privileges'],
  'a root that may be written': ['readOnlyRootFilesystem: true, ', '', 'may write to its root'],
  capabilities: ['drop: [ALL]', 'drop: [NET_RAW]', 'keeps capabilities'],
  'an image without a version': ['/exporter:1.0.0', '/exporter', 'is not pinned'],
  'an image that moves': [':1.0.0', ':latest', 'is not pinned'],
  'a preStop': [
    'resources: { requests: { cpu',
    'lifecycle: { preStop: { sleep: { seconds: 5 } } }\n          resources: { requests: { cpu',
    'a preStop',
  ],
  'memory without a limit': ['limits: { memory', 'limits: { cpu', 'no limit of memory'],
  'readiness by liveness': ['path: /readyz', 'path: /healthz', 'readinessProbe asks /healthz'],
  'liveness by readiness': [
    'livenessProbe: { httpGet: { path: /healthz',
    'livenessProbe: { httpGet: { path: /readyz',
    'livenessProbe asks /readyz',
  ],
  'no liveness': ['livenessProbe: {', 'other: {', 'no livenessProbe'],
  'a probe of no port': [
    'path: /readyz, port: admin',
    'path: /readyz, port: metrics',
    'asks a port that is not there',
  ],
  'a mount of no volume': ['name: data, mountPath', 'name: date, mountPath', 'no volume date'],
  'flags that stay as they were': [
    'mountPath: /etc/flags',
    'mountPath: /etc/flags, subPath: flags.json',
    'would not follow',
  ],
  'a ConfigMap that is not there': [
    'configMap: { name: x-config } }, {',
    'configMap: { name: z } }, {',
    'no ConfigMap "z"',
  ],
  'an account that is not there': ['serviceAccountName: x', 'serviceAccountName: z', 'no ServiceAccount "z"'],
  'a port that it does not listen on': ['containerPort: 8080', 'containerPort: 8081', 'port http is 8081'],
  'too short a grace period': [
    'terminationGracePeriodSeconds: 50',
    'terminationGracePeriodSeconds: 40',
    'is killed before',
  ],
  'the usual grace period': ['terminationGracePeriodSeconds: 50', 'dnsPolicy: Default', 'is killed before'],
  'a probe that is late': ['failureThreshold: 2', 'failureThreshold: 4', 'before its probe has seen'],
  'flags on no volume': ['mountPath: /etc/flags', 'mountPath: /etc/fags', 'flags.json is on no volume'],
  'a configuration on no volume': [
    'mountPath: /etc/config',
    'mountPath: /etc/confit',
    'selfcheer.yaml is on no volume',
  ],
  'data on no volume': ['dataDir: /data', 'dataDir: /date', '/date is no volume'],
  'a small volume': ['storage: 20Gi', 'storage: 12Gi', 'wants a volume of twice that'],
  'no configuration': ['selfcheer.yaml: |', 'selfcheer.yml: |', 'there is no selfcheer.yaml'],
  'an object twice': [
    'metadata: { name: x-config }',
    'metadata: { name: x-config }\n---\nkind: ServiceAccount\nmetadata: { name: x }',
    'is there twice',
  ],
};

test.each(Object.entries(faults))('%s is found', (_name, [from, to, says]) => {
  expect(rendered).toContain(from);
  const problems = lintChart(renderedObjects(rendered.replace(from, to)));
  expect(problems.join('\n')).toContain(says);
});

test('two monitors of the same pods are found', () => {
  const both = `${rendered}---\nkind: PodMonitor\nmetadata: { name: x }\nspec: { selector: { matchLabels: {} } }`;
  expect(lintChart(renderedObjects(both))).toContain('two monitors scrape the same pods');
});

test('a Rollout names its Services', () => {
  const rollout = rendered
    .replace('kind: StatefulSet\n', 'kind: Rollout\n')
    .replace('serviceName: x-metrics', 'strategy: { canary: { stableService: x, canaryService: x-canary } }');
  expect(lintChart(renderedObjects(rollout)).join('\n')).toContain('there is no Service "x-canary"');
});

test('quantities are bytes', () => {
  expect(['4Gi', '20G', '512Mi', '1.5Gi', '7', '1k'].map(bytesOf)).toEqual([
    4 * 2 ** 30,
    20e9,
    2 ** 29,
    1.5 * 2 ** 30,
    7,
    1000,
  ]);
  expect(() => bytesOf('much')).toThrow(RangeError);
});

test('a selector wants all of its labels', () => {
  expect(selects({ a: '1', b: '2' }, { a: '1', b: '2', c: '3' })).toBe(true);
  expect(selects({ a: '1', b: '2' }, { a: '1' })).toBe(false);
});
