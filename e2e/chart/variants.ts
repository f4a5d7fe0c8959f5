const kafka = { brokers: ['kafka-bootstrap.kafka.svc:9092'], topic: 'events' };
const broker = { mode: 'broker', config: { kafka } };

/** Values as people would set them: each is rendered and held against everything that can be checked here. */
export const variants: Readonly<Record<string, object>> = {
  'nothing set': {},
  'three pods with volumes, all there is beside them': {
    replicas: 3,
    mesh: 'other',
    sidecar: { enabled: true },
    monitor: { kind: 'PodMonitor', labels: { release: 'prometheus' } },
    prometheusRule: { enabled: true },
    dashboards: { enabled: true },
    persistence: { size: '40Gi', storageClassName: 'fast', annotations: { backup: 'no' } },
    config: { kafka, outbox: { quotaBytes: 16 * 2 ** 30, lanes: 32 }, consul: { register: true } },
    env: [{ name: 'OTEL_TRACES_SAMPLER', value: 'always_on' }],
    otlpEndpoint: 'http://otel-collector:4318',
    nodeSelector: { disk: 'nvme' },
    tolerations: [{ key: 'ingest', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    priorityClassName: 'high',
    imagePullSecrets: [{ name: 'pull' }],
  },
  'behind Kafka': broker,
  'behind Kafka, scaled': {
    ...broker,
    mesh: 'linkerd',
    autoscaling: { enabled: true, eventsPerSecond: 20_000 },
    monitor: { kind: 'ServiceMonitor' },
    prometheusRule: { enabled: true },
    envFrom: [{ secretRef: { name: 'kafka-login' } }],
    networkPolicy: {
      egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 9092, protocol: 'TCP' }] }],
      extraIngress: [{ ports: [{ port: 15_008, protocol: 'TCP' }] }],
    },
  },
  'a canary': {
    ...broker,
    rollout: {
      enabled: true,
      trafficRouting: {
        istio: { virtualService: { name: 'selfcheer-exporter', routes: ['http', 'grpc'] } },
      },
    },
    podLabels: { 'sidecar.istio.io/inject': 'false' },
    sidecar: { enabled: true },
    autoscaling: { enabled: true },
    monitor: { kind: 'ServiceMonitor' },
  },
  'a canary without routes': { ...broker, rollout: { enabled: true }, sidecar: { enabled: true } },
  'blue and green': {
    ...broker,
    rollout: { enabled: true, strategy: 'blueGreen' },
    sidecar: { enabled: true },
  },
  'tokens instead of keys': {
    ...broker,
    auth: { generate: false },
    config: {
      kafka,
      auth: {
        jwt: {
          issuer: 'https://login.example.com/',
          audience: 'selfcheer',
          jwksUri: 'https://login.example.com/.well-known/jwks.json',
        },
      },
      ingest: { cors: ['https://app.example.com'] },
    },
  },
  'keys of its own, no mesh, no flags': {
    mesh: 'none',
    auth: { existingSecret: 'my-keys' },
    flags: { enabled: false },
    fullnameOverride: 'events',
    nameOverride: 'events',
    image: { repository: 'registry.example/exporter', tag: '1.2.3', digest: `sha256:${'0'.repeat(64)}` },
    serviceAccount: { create: true, name: 'events-account', annotations: { team: 'events' } },
  },
  'open to all, other flags': {
    mesh: 'none',
    auth: { anonymous: true },
    networkPolicy: { enabled: false },
    podDisruptionBudget: { enabled: false },
    flags: {
      definitions: {
        'health-cheer': { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
      },
    },
  },
};

/** Values that helm must refuse, and what it must say. */
export const refused: Readonly<Record<string, readonly [values: object, says: string]>> = {
  'a value that is none': [{ replica: 2 }, "additional properties 'replica' not allowed"],
  'a setting that is none': [
    { config: { kafka: { topik: 'x' } } },
    "additional properties 'topik' not allowed",
  ],
  'a setting out of bounds': [{ config: { outbox: { lanes: 0 } } }, 'minimum: got 0, want 1'],
  'a setting that the chart makes': [{ config: { insecure: true } }, "'insecure' not allowed"],
  'a secret in a ConfigMap': [
    { config: { kafka: { sasl: { mechanism: 'plain', username: 'a', password: 'b' } } } },
    "'sasl' not allowed",
  ],
  'a mode that is none': [{ mode: 'kafka' }, "must be one of 'outbox', 'broker'"],
  'broker without Kafka': [{ mode: 'broker' }, 'wants config.kafka.brokers'],
  'a canary of volumes': [{ rollout: { enabled: true } }, 'rollout.enabled wants mode: broker'],
  'scaled volumes': [{ autoscaling: { enabled: true } }, 'autoscaling.enabled wants mode: broker'],
  'a canary that nobody records': [{ ...broker, rollout: { enabled: true } }, 'wants sidecar.enabled'],
  'a gate without a key': [
    { ...broker, auth: { anonymous: true }, rollout: { enabled: true }, sidecar: { enabled: true } },
    'rollout.gateTemplate wants a key',
  ],
  'a name of no Service': [{ fullnameOverride: '1st' }, 'No Service can be named 1st'],
  'a volume below its quota': [
    { persistence: { size: '10Gi' } },
    'persistence.size is 10Gi, and config.outbox.quotaBytes of 8589934592',
  ],
  'a buffer below its quota': [
    { mode: 'broker', config: { kafka, outbox: { quotaBytes: 2 ** 32 } } },
    'buffer.sizeLimit is 4Gi',
  ],
  'nobody to ask': [{ auth: { generate: false } }, 'Nobody could be told apart'],
  'bounds the wrong way round': [
    { ...broker, autoscaling: { enabled: true, minReplicas: 9, maxReplicas: 3 } },
    'minReplicas is above',
  ],
};
