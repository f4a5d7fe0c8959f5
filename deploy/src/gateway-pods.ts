import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IService } from 'kubernetes-models/v1/Service';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { gateway } from './istio-routing';
import { labels, metadata, selector } from './names';

const component = 'gateway';

/** A gateway of our own, by Istio's injection, so that what it is told is told to nobody else's. */
export function gatewayPods(): readonly (IServiceAccount | IDeployment | IService | IPodDisruptionBudget)[] {
  const account: IServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(gateway, component, gateway),
  };
  const deployment: IDeployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(gateway, component, gateway),
    spec: {
      replicas: 2,
      selector: { matchLabels: selector(gateway) },
      template: {
        metadata: {
          labels: { ...labels(component, gateway), 'sidecar.istio.io/inject': 'true' },
          annotations: { 'inject.istio.io/templates': 'gateway' },
        },
        spec: {
          serviceAccountName: gateway,
          // Istio puts image, probes and the restricted security context in the place of these.
          containers: [
            {
              name: 'istio-proxy',
              image: 'auto',
              resources: { requests: { cpu: '200m', memory: '128Mi' }, limits: { memory: '1Gi' } },
            },
          ],
        },
      },
    },
  };
  const service: IService = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(gateway, component, gateway),
    spec: {
      type: 'LoadBalancer',
      // Keeps the caller's address.
      externalTrafficPolicy: 'Local',
      selector: selector(gateway),
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'https', port: 443, targetPort: 8443 },
      ],
    },
  };
  const budget: IPodDisruptionBudget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(gateway, component, gateway),
    spec: { maxUnavailable: 1, selector: { matchLabels: selector(gateway) } },
  };
  return [account, deployment, service, budget];
}
