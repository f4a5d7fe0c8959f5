import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IService } from 'kubernetes-models/v1/Service';
import { parse, stringify } from 'yaml';
import type { DeployFile } from './deploy-file';
import { nonRoot, ownEnvironment, restricted } from './exporter-pod';
import { labels, metadata, selector } from './names';
import { toYaml } from './yaml';

const front = 'selfcheer-otel';
const sampler = 'selfcheer-otel-sampler';
const image = 'otel/opentelemetry-collector-contrib:0.130.0';
const otlp = [
  { name: 'otlp-grpc', port: 4317 },
  { name: 'otlp-http', port: 4318 },
] as const;

interface CollectorConfig {
  readonly receivers: object;
  readonly processors: Readonly<Record<string, object>>;
  readonly exporters: object;
  readonly extensions: object;
  readonly service: { readonly extensions: readonly string[]; readonly pipelines: object };
}

/** The one of docker-compose.yml: one collector that decides on whole traces. */
function samplerConfig(): CollectorConfig {
  return parse(readFileSync(join(__dirname, '../otel/collector.yaml'), 'utf8')) as CollectorConfig;
}

/** Several samplers: who stands in front sends all spans of a trace to the same one, or none sees it whole. */
export function frontConfig(): CollectorConfig {
  const { receivers, processors, extensions, service } = samplerConfig();
  const { memory_limiter: memory = {} } = processors;
  return {
    receivers,
    processors: { memory_limiter: memory },
    exporters: {
      loadbalancing: {
        routing_key: 'traceID',
        protocol: { otlp: { tls: { insecure: true } } },
        resolver: { dns: { hostname: `${sampler}-headless`, port: '4317', interval: '5s' } },
      },
    },
    extensions,
    service: {
      extensions: service.extensions,
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['loadbalancing'] },
      },
    },
  };
}

function configMap(name: string, config: CollectorConfig): IConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(name, 'traces', name),
    data: { 'collector.yaml': stringify(config) },
  };
}

function deployment(name: string): IDeployment {
  const probe = { httpGet: { path: '/', port: 'health' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name, 'traces', name),
    spec: {
      replicas: 2,
      selector: { matchLabels: selector(name) },
      template: {
        metadata: { labels: labels('traces', name) },
        spec: {
          ...ownEnvironment,
          // The sampler's decision_wait, and what it then has to send.
          terminationGracePeriodSeconds: 60,
          securityContext: nonRoot,
          containers: [
            {
              name: 'collector',
              image,
              args: ['--config=/etc/otelcol/collector.yaml'],
              ports: [
                ...otlp.map((one) => ({ name: one.name, containerPort: one.port })),
                { name: 'health', containerPort: 13_133 },
              ],
              livenessProbe: probe,
              readinessProbe: probe,
              resources: { requests: { cpu: '100m', memory: '320Mi' }, limits: { memory: '512Mi' } },
              securityContext: restricted,
              volumeMounts: [{ name: 'config', mountPath: '/etc/otelcol', readOnly: true }],
            },
          ],
          volumes: [{ name: 'config', configMap: { name } }],
        },
      },
    },
  };
}

function service(name: string, of: string, headless: boolean): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, 'traces', of),
    spec: {
      ...(headless && { clusterIP: 'None' }),
      selector: selector(of),
      ports: otlp.map((one) => ({ name: one.name, port: one.port, targetPort: one.name })),
    },
  };
}

export function otelFiles(): readonly DeployFile[] {
  const about =
    'Traces: a front that keeps each trace together, and samplers behind it with the policies of collector.yaml.\n' +
    'They send what they keep to tempo:4317, as collector.yaml says.';
  const objects = [
    configMap(front, frontConfig()),
    deployment(front),
    service(front, front, false),
    configMap(sampler, samplerConfig()),
    deployment(sampler),
    service(`${sampler}-headless`, sampler, true),
  ];
  return [{ file: 'otel/kubernetes.yaml', text: toYaml(objects, about) }];
}
