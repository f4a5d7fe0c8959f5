import { z } from 'zod';

/** Parts of Kubernetes' own objects, passed on as they are; the API server knows their schema. */
const object = z.record(z.string(), z.unknown());
const objects = z.array(object);
const texts = z.record(z.string(), z.string());
const count = z.number().int().min(0);
const positive = z.number().int().positive();
const quantity = z.string().regex(/^[0-9]+(\.[0-9]+)?([EPTGMK]i?|m|k)?$/);
const seconds = z.number().min(0).max(86_400);

const image = z.strictObject({
  repository: z.string().min(1).default('ghcr.io/selfcheer/exporter'),
  tag: z.string().default('').describe('The version of the chart when empty'),
  digest: z.string().default('').describe('sha256:…; pins the image whatever its tag says'),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
});

const auth = z.strictObject({
  generate: z
    .boolean()
    .default(true)
    .describe(
      'Make a key for each role when the chart is first installed, in the Secret <name>-keys, which stays.\n' +
        'What renders without asking the cluster (helm template, Argo CD) would make new ones each time:\n' +
        'give it existingSecret.',
    ),
  existingSecret: z
    .string()
    .default('')
    .describe(
      'A Secret of yours instead. digests: the list auth.apiKeys of docs/security.md, as JSON;\n' +
        'reader, gate: keys with these roles, for Prometheus, the sidecar and the test. See README.md.',
    ),
  anonymous: z
    .boolean()
    .default(false)
    .describe('Ask nobody for a key. Everybody who reaches the ports may use them'),
});

const flags = z.strictObject({
  enabled: z.boolean().default(true),
  existingConfigMap: z.string().default('').describe('A ConfigMap of yours with flags.json instead'),
  definitions: object
    .default({})
    .describe("Flags in flagd's format, see docs/flags.md; those of flags.json when empty"),
});

const drain = z.strictObject({
  readinessLagSeconds: seconds
    .default(10)
    .describe('Still serves for so long after it says that it is not ready: balancers learn of it by then'),
  seconds: seconds
    .default(30)
    .describe('Then it settles what it has. The grace period of the pod is the sum and ten seconds'),
});

const persistence = z.strictObject({
  size: quantity.default('20Gi').describe('Well above config.outbox.quotaBytes, which is 8 GiB by default'),
  storageClassName: z.string().default('').describe('That of the cluster when empty'),
  annotations: texts.default({}),
});

const buffer = z.strictObject({
  sizeLimit: quantity
    .default('4Gi')
    .describe('A pod that uses more is evicted: four times config.outbox.quotaBytes, 1 GiB here by default'),
});

const autoscaling = z.strictObject({
  enabled: z.boolean().default(false),
  minReplicas: positive.default(3),
  maxReplicas: positive.default(12),
  cpuPercent: positive.default(60).describe('Of the CPU that is requested'),
  eventsPerSecond: count
    .default(0)
    .describe(
      'Events a second that one pod should take; 0: by CPU alone. It wants the metric of\n' +
        'prometheus-adapter.yaml, in the folder of this chart',
    ),
});

const networkPolicy = z.strictObject({
  enabled: z.boolean().default(true),
  ingestFrom: objects
    .default([
      { podSelector: {} },
      { namespaceSelector: { matchLabels: { 'selfcheer.dev/ingest': 'allowed' } } },
    ])
    .describe('Who may send events: this namespace, and those with that label'),
  adminFrom: objects
    .default([
      { podSelector: {} },
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
    ])
    .describe('Who may reach metrics, API and page: this namespace, and that of Prometheus'),
  extraIngress: objects.default([]).describe('Further ingress rules, for instance port 15008 of a mesh'),
  egress: objects
    .default([])
    .describe(
      'Egress rules beside DNS; when empty, egress is left free. One for each that you have of\n' +
        'Kafka, otlpEndpoint, auth.jwt.jwksUri, Consul, and the control plane of the mesh (istiod: 15012)',
    ),
});

const monitor = z.strictObject({
  kind: z
    .enum(['none', 'ServiceMonitor', 'PodMonitor'])
    .default('none')
    .describe('Of the Prometheus operator; never both, or pods are scraped twice'),
  interval: z
    .string()
    .regex(/^[0-9]+(ms|s|m)$/)
    .default('15s'),
  labels: texts.default({}).describe('What your Prometheus selects monitors and rules by'),
});

const prometheusRule = z.strictObject({
  enabled: z.boolean().default(false).describe('The rules of alerts/: once a cluster is enough'),
  runbookUrl: z.string().default('').describe('Where alerts/runbooks.md stands; as generated when empty'),
  dashboardUrl: z
    .string()
    .default('')
    .describe('For instance https://grafana.example/d; as generated when empty'),
});

const dashboards = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe("ConfigMaps for Grafana's sidecar. Grafana needs the panel selfcheer-cheermeter-panel"),
  labels: texts.default({ grafana_dashboard: '1' }),
  annotations: texts.default({ grafana_folder: 'Selfcheer' }),
});

const rollout = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('Mode broker: an Argo Rollout instead of a Deployment, whose steps ask the release gate'),
  strategy: z.enum(['canary', 'blueGreen']).default('canary'),
  steps: objects
    .default([
      { setWeight: 10 },
      { pause: { duration: '5m' } },
      { setWeight: 50 },
      { pause: { duration: '5m' } },
    ])
    .describe('Of a canary, after its first pods have passed the gate'),
  trafficRouting: object
    .default({})
    .describe(
      'Of deploy/istio: {istio: {virtualService: {name: selfcheer-exporter, routes: [http, grpc]}}}.\n' +
        'Without it, weights are shares of the pods, and a tenth of three pods is one of them',
    ),
  gateTemplate: z
    .string()
    .default('selfcheer-verify')
    .describe('AnalysisTemplate, of deploy/argo/analysis.yaml: the Job before real traffic. Empty: none'),
  verdictTemplate: z
    .string()
    .default('selfcheer-verdict')
    .describe('The same of a canary: the verdict while traffic moves. Empty: none'),
  watchTemplate: z
    .string()
    .default('selfcheer-watch')
    .describe('The same of blueGreen: the verdict for a while after the switch. Empty: none'),
  controllerNamespace: z
    .string()
    .default('argo-rollouts')
    .describe('Where Argo Rollouts runs: it asks the sidecar for verdicts'),
});

const sidecar = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe('selfcheer sidecar: one page for all tracks, and the record of releases that rollouts ask'),
  size: quantity.default('1Gi').describe('Of its volume'),
  resources: object.default({
    requests: { cpu: '50m', memory: '128Mi' },
    limits: { memory: '256Mi' },
  }),
});

/** All values of the chart, in the order in which they matter. values.yaml and values.schema.json are made of it. */
export const chartValues = z.strictObject({
  mode: z
    .enum(['outbox', 'broker'])
    .default('outbox')
    .describe(
      'outbox: acknowledged when on the disk of its pod: a StatefulSet with a volume for each. Works without Kafka.\n' +
        'broker: acknowledged when Kafka has it: pods without state, which may be scaled, canaried and deleted freely.',
    ),
  replicas: count.nullable().default(null).describe('1 of outbox and 3 of broker when null'),
  image: image.prefault({}),
  imagePullSecrets: objects.default([]),
  nameOverride: z
    .string()
    .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,48}[A-Za-z0-9])?)?$/)
    .default('')
    .describe('app.kubernetes.io/name, and the service in metrics'),
  fullnameOverride: z.string().max(50).default('').describe('Of all objects; <release>-exporter when empty'),

  mesh: z
    .enum(['istio', 'linkerd', 'other', 'none'])
    .default('istio')
    .describe(
      'Who encrypts the traffic of the pods. istio, linkerd: asks for their proxy; other: what you have set up.\n' +
        'none: nobody does, and keys and events cross the cluster in the clear.',
    ),
  auth: auth.prefault({}),
  config: object
    .default({})
    .describe(
      'selfcheer.yaml, every key as in docs/configuration.md, such as kafka.brokers. What the chart sets itself and\n' +
        'what is secret is refused here: secrets come by envFrom.',
    ),
  flags: flags.prefault({}),
  envFrom: objects
    .default([])
    .describe('Secrets as variables: KAFKA_SASL_MECHANISM, _USERNAME and _PASSWORD, SELFCHEER_CONSUL_TOKEN'),
  env: objects.default([]).describe('Further variables, for instance OTEL_TRACES_SAMPLER'),
  otlpEndpoint: z.string().default('').describe('Traces go there, for instance http://otel-collector:4318'),

  drain: drain.prefault({}),
  persistence: persistence.prefault({}).describe('Mode outbox: the volume of each pod, which outlives it'),
  buffer: buffer.prefault({}).describe('Mode broker: what waits for Kafka, on the disk of the node'),
  resources: object.default({
    requests: { cpu: '500m', memory: '512Mi' },
    limits: { memory: '1Gi' },
  }),
  autoscaling: autoscaling
    .prefault({})
    .describe('Mode broker only: a scaled down StatefulSet leaves volumes behind'),
  podDisruptionBudget: z
    .strictObject({ enabled: z.boolean().default(true), maxUnavailable: positive.default(1) })
    .prefault({}),
  networkPolicy: networkPolicy.prefault({}),
  rollout: rollout.prefault({}),
  sidecar: sidecar.prefault({}),

  monitor: monitor.prefault({}),
  prometheusRule: prometheusRule.prefault({}),
  dashboards: dashboards.prefault({}),

  serviceAccount: z
    .strictObject({
      create: z.boolean().default(true),
      name: z.string().default('').describe('That of the chart when empty'),
      annotations: texts.default({}),
    })
    .prefault({}),
  podLabels: texts.default({}),
  podAnnotations: texts.default({}),
  volumes: objects.default([]).describe('Further volumes, for instance files of enrichment steps'),
  volumeMounts: objects.default([]),
  nodeSelector: texts.default({}),
  tolerations: objects.default([]),
  affinity: object.default({}),
  topologySpreadConstraints: objects.default([]).describe('Over nodes and zones, if it can be, when empty'),
  priorityClassName: z.string().default(''),
});
