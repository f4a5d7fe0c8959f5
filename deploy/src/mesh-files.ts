import { argoFiles } from './argo';
import { consulFiles } from './consul';
import type { DeployFile } from './deploy-file';
import { flagsFiles } from './flags';
import { gatewayFiles } from './gateway';
import { istioFiles } from './istio';
import { otelFiles } from './otel';

/** What stands around the exporter: routing, the gateway, rollouts, discovery, flags, traces. */
export function meshFiles(): readonly DeployFile[] {
  return [
    ...istioFiles(),
    ...gatewayFiles(),
    ...argoFiles(),
    ...consulFiles(),
    ...flagsFiles(),
    ...otelFiles(),
  ];
}
