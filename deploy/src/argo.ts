import { analysisTemplates } from './argo-analysis';
import { base } from './argo-base';
import { rollout } from './argo-rollouts';
import { sidecarObjects } from './argo-sidecar';
import type { DeployFile } from './deploy-file';
import { flagsConfigMap } from './flags';
import { virtualService } from './istio-routing';
import { toYaml } from './yaml';

const needs = 'Needs the Secret selfcheer-exporter-keys: docs/deploy.md says how it is made.';

export function argoFiles(): readonly DeployFile[] {
  const parts = (other: 'canary' | 'preview'): readonly object[] => [
    ...base(other),
    flagsConfigMap(),
    ...sidecarObjects(other),
    ...analysisTemplates(),
  ];
  return [
    {
      file: 'argo/analysis.yaml',
      text: toYaml(analysisTemplates(), 'The release gate, for the Rollout of the Helm chart.'),
    },
    {
      file: 'argo/canary.yaml',
      text: toYaml(
        [...parts('canary'), virtualService(100), rollout('canary')],
        `A canary by Argo Rollouts and Istio, whole and without Helm. ${needs}\n` +
          'Argo Rollouts changes the weights of the VirtualService: who applies this again and again leaves them alone.',
      ),
    },
    {
      file: 'argo/blue-green.yaml',
      text: toYaml(
        [...parts('preview'), rollout('blueGreen')],
        `Blue and green by Argo Rollouts, with any mesh or proxy, whole and without Helm. ${needs}`,
      ),
    },
  ];
}
