import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IService } from 'kubernetes-models/v1/Service';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { stringify } from 'yaml';
import { exporterConfig } from './exporter-config';
import { app, configMap, metadata, ports, selector, services, trackLabel } from './names';

function serviceAccount(): IServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(app, 'exporter'),
    automountServiceAccountToken: false,
  };
}

function config(): IConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(configMap, 'config'),
    data: { 'selfcheer.yaml': stringify(exporterConfig) },
  };
}

/** Argo Rollouts narrows its selector to the pods of one revision. */
export function service(name: string, headless = false): IService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, headless ? 'metrics' : 'exporter'),
    spec: {
      // Of the metrics' Service every pod is a target, also one that is not ready.
      ...(headless && { clusterIP: 'None', publishNotReadyAddresses: true }),
      selector: selector(),
      ports: Object.entries(ports)
        .filter(([port]) => !headless || port === 'admin')
        .map(([port, number]) => ({
          name: port,
          port: number,
          targetPort: port,
          appProtocol: port === 'grpc' ? 'grpc' : 'http',
        })),
    },
  };
}

function disruptionBudget(): IPodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(app, 'exporter'),
    spec: { maxUnavailable: 1, selector: { matchLabels: selector() } },
  };
}

/** A name with the address of each stable pod: whoever asks for one process takes one of them. */
function baseline(): IService {
  const all = service(services.stable);
  const spec = { ...all.spec, clusterIP: 'None', selector: { ...selector(), [trackLabel]: 'stable' } };
  return { ...all, metadata: metadata(services.baseline, 'release-gate'), spec };
}

/** What both Rollouts stand on; the Services of one that is not used are left out. */
export function base(
  other: 'canary' | 'preview',
): readonly (IServiceAccount | IConfigMap | IService | IPodDisruptionBudget | IDeployment)[] {
  return [
    serviceAccount(),
    config(),
    service(services.stable),
    service(services[other]),
    service(services.metrics, true),
    baseline(),
    disruptionBudget(),
  ];
}
