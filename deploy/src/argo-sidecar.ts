import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import type { IService } from 'kubernetes-models/v1/Service';
import { nonRoot, ownEnvironment, restricted } from './exporter-pod';
import { image, keysSecret, labels, metadata, ports, selector, services, sidecar } from './names';

const { name, port } = sidecar;

/** The page of all tracks; it records releases and answers for them while a Rollout goes on. */
export function sidecarObjects(
  other: 'canary' | 'preview',
): readonly (IDeployment | IService | IPersistentVolumeClaim)[] {
  return [deployment(other), service(), claim()];
}

function deployment(other: 'canary' | 'preview'): IDeployment {
  const targets = [`${services.stable}:${ports.admin}=stable`, `${services[other]}:${ports.admin}=${other}`];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name, 'sidecar', name),
    spec: {
      replicas: 1,
      // One writer of what was recorded.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selector(name) },
      template: {
        metadata: { labels: labels('sidecar', name) },
        spec: {
          ...ownEnvironment,
          terminationGracePeriodSeconds: 20,
          securityContext: nonRoot,
          containers: [
            {
              name: 'sidecar',
              image,
              args: [
                'sidecar',
                ...targets.map((target) => `--target=http://${target}`),
                `--listen=0.0.0.0:${port}`,
                '--insecure',
                '--data-dir=/data',
              ],
              env: [
                {
                  name: 'SELFCHEER_API_KEY',
                  valueFrom: { secretKeyRef: { name: keysSecret, key: 'reader' } },
                },
                // What the gate shows to record a release; without it a sidecar that others reach only reads.
                {
                  name: 'SELFCHEER_RECORD_KEY',
                  valueFrom: { secretKeyRef: { name: keysSecret, key: 'gate' } },
                },
              ],
              ports: [{ name: 'admin', containerPort: port }],
              livenessProbe: { httpGet: { path: '/healthz', port: 'admin' }, timeoutSeconds: 3 },
              readinessProbe: { httpGet: { path: '/readyz', port: 'admin' }, timeoutSeconds: 2 },
              resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '256Mi' } },
              securityContext: restricted,
              volumeMounts: [
                { name: 'data', mountPath: '/data' },
                { name: 'tmp', mountPath: '/tmp' },
              ],
            },
          ],
          volumes: [
            { name: 'data', persistentVolumeClaim: { claimName: name } },
            { name: 'tmp', emptyDir: { sizeLimit: '16Mi' } },
          ],
        },
      },
    },
  };
}

function service(): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, 'sidecar', name),
    spec: {
      selector: selector(name),
      ports: [{ name: 'admin', port, targetPort: 'admin', appProtocol: 'http' }],
    },
  };
}

function claim(): IPersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(name, 'sidecar', name),
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
}
