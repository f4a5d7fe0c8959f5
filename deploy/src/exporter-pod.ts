import type { IPodSecurityContext } from 'kubernetes-models/v1/PodSecurityContext';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import { drain } from './exporter-config';
import { app, configMap, flagsMap, image, keysSecret, labels, ports, selector, trackLabel } from './names';

const probe = (path: string): { httpGet: { path: string; port: string } } => ({
  httpGet: { path, port: 'admin' },
});

/** As the restricted pod security standard asks. */
export const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
export const nonRoot: IPodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: 65_532,
  runAsGroup: 65_532,
  fsGroup: 65_532,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** No token of the cluster, and no variables for its Services: SELFCHEER_EXPORTER_PORT would be refused as an unknown key. */
export const ownEnvironment = { automountServiceAccountToken: false, enableServiceLinks: false };

/** A pod of the exporter with `ack: broker`: what it has on disk is a buffer that may go with it. */
export function exporterPod(): IPodTemplateSpec {
  return {
    metadata: {
      labels: { ...labels('exporter'), [trackLabel]: 'stable', 'sidecar.istio.io/inject': 'true' },
      // Its proxy is there before the exporter needs Kafka, and until it has settled all.
      annotations: {
        'proxy.istio.io/config': `holdApplicationUntilProxyStarts: true\nterminationDrainDuration: ${drain.lag + drain.drain}s\n`,
      },
    },
    spec: {
      serviceAccountName: app,
      ...ownEnvironment,
      // Longer than the wait for the balancer, the drain and the telemetry's cap together.
      terminationGracePeriodSeconds: drain.lag + drain.drain + 10,
      securityContext: nonRoot,
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: selector() },
        },
      ],
      containers: [
        {
          name: 'exporter',
          image,
          args: ['start', '--config', '/etc/selfcheer/config/selfcheer.yaml'],
          env: [
            { name: 'SELFCHEER_SERVICE', value: app },
            {
              name: 'SELFCHEER_TRACK',
              valueFrom: { fieldRef: { fieldPath: `metadata.labels['${trackLabel}']` } },
            },
            {
              name: 'SELFCHEER_AUTH_API_KEYS',
              valueFrom: { secretKeyRef: { name: keysSecret, key: 'digests' } },
            },
            { name: 'OTEL_TRACES_EXPORTER', value: 'otlp' },
            { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://selfcheer-otel:4318' },
          ],
          ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort })),
          // Until it has read its store; from then on liveness, which a broker that is away does not fail.
          startupProbe: { ...probe('/healthz'), periodSeconds: 2, failureThreshold: 60 },
          livenessProbe: { ...probe('/healthz'), periodSeconds: 10, timeoutSeconds: 3 },
          readinessProbe: { ...probe('/readyz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 },
          resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '1Gi' } },
          securityContext: restricted,
          volumeMounts: [
            { name: 'config', mountPath: '/etc/selfcheer/config', readOnly: true },
            // A folder and no subPath: a change of the ConfigMap then comes through.
            { name: 'flags', mountPath: '/etc/selfcheer/flags', readOnly: true },
            { name: 'data', mountPath: '/data' },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name: configMap } },
        { name: 'flags', configMap: { name: flagsMap } },
        // The buffer's quota twice, and the ballast: a pod over its limit is evicted.
        { name: 'data', emptyDir: { sizeLimit: '3Gi' } },
        { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
      ],
    },
  };
}
