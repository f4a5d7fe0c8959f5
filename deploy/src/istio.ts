import type { IAuthorizationPolicy } from '@kubernetes-models/istio/security.istio.io/v1/AuthorizationPolicy';
import type { IPeerAuthentication } from '@kubernetes-models/istio/security.istio.io/v1beta1/PeerAuthentication';
import type { DeployFile } from './deploy-file';
import { destinationRule, virtualService } from './istio-routing';
import type { Custom } from './manifest';
import { app, metadata, ports, selector, services } from './names';
import { toYaml } from './yaml';

export type PeerAuthentication = Custom<NonNullable<IPeerAuthentication['spec']>>;
export type AuthorizationPolicy = Custom<NonNullable<IAuthorizationPolicy['spec']>>;

/** Nothing but mutual TLS; a Prometheus and a sidecar outside the mesh may still read the admin port. */
function peers(): PeerAuthentication {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: metadata(app, 'security'),
    spec: {
      selector: { matchLabels: selector() },
      mtls: { mode: 'STRICT' },
      portLevelMtls: { [ports.admin]: { mode: 'PERMISSIVE' } },
    },
  };
}

/** Events come from workloads of the mesh, the gateway among them; who they are to the exporter, their key or token says. */
function callers(): AuthorizationPolicy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: metadata(app, 'security'),
    spec: {
      selector: { matchLabels: selector() },
      action: 'ALLOW',
      rules: [
        {
          from: [{ source: { principals: ['*'] } }],
          to: [{ operation: { ports: [String(ports.http), String(ports.grpc)] } }],
        },
        { to: [{ operation: { ports: [String(ports.admin)] } }] },
      ],
    },
  };
}

export function istioFiles(): readonly DeployFile[] {
  const rules = [services.stable, services.canary, services.preview].map(destinationRule);
  return [
    {
      file: 'istio/destination-rules.yaml',
      text: toYaml(rules, 'Mutual TLS and outlier detection for each Service.'),
    },
    {
      file: 'istio/virtual-service.yaml',
      text: toYaml(
        [virtualService(90)],
        'A canary by hand: a tenth goes to it. With Argo Rollouts, deploy/argo/canary.yaml has its own.',
      ),
    },
    { file: 'istio/security.yaml', text: toYaml([peers(), callers()]) },
  ];
}
