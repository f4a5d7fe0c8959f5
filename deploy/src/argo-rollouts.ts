import type { IRollout } from '@kubernetes-models/argo-rollouts/argoproj.io/v1alpha1/Rollout';
import { verdictTemplate, verifyTemplate, watchTemplate } from './argo-analysis';
import { exporterPod } from './exporter-pod';
import { routes } from './istio-routing';
import type { Custom } from './manifest';
import { app, metadata, selector, services, trackLabel } from './names';

export type Rollout = Custom<IRollout['spec']>;

type Strategy = NonNullable<IRollout['spec']['strategy']>;

const track = (of: 'stable' | 'canary' | 'preview'): { labels: Record<string, string> } => ({
  labels: { [trackLabel]: of },
});
/** The version label of the Rollout is the release that is asked about. */
const release = {
  name: 'release',
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/version']" } },
};

/**
 * New pods without traffic -> gate -> a tenth, a half, all, watched; at any failure all traffic goes back at once and
 * the old pods, which are all still there, take it.
 */
const canary: Strategy = {
  canary: {
    stableService: services.stable,
    canaryService: services.canary,
    stableMetadata: track('stable'),
    canaryMetadata: track('canary'),
    trafficRouting: { istio: { virtualService: { name: app, routes: [...routes] } } },
    abortScaleDownDelaySeconds: 600,
    // From the first step with traffic on.
    analysis: { templates: [{ templateName: verdictTemplate }], startingStep: 3, args: [release] },
    steps: [
      { setCanaryScale: { replicas: 1 } },
      { analysis: { templates: [{ templateName: verifyTemplate }], args: [release] } },
      { setCanaryScale: { matchTrafficWeight: true } },
      { setWeight: 10 },
      { pause: { duration: '5m' } },
      { setWeight: 50 },
      { pause: { duration: '5m' } },
    ],
  },
};

/** All new pods beside all old ones -> gate -> switch at once -> watched; the way back is a switch for ten minutes. */
const blueGreen: Strategy = {
  blueGreen: {
    activeService: services.stable,
    previewService: services.preview,
    activeMetadata: track('stable'),
    previewMetadata: track('preview'),
    autoPromotionEnabled: true,
    // The gate looks at one process; the others come before the switch.
    previewReplicaCount: 1,
    prePromotionAnalysis: {
      templates: [{ templateName: verifyTemplate }],
      args: [release, { name: 'target', value: services.preview }],
    },
    postPromotionAnalysis: { templates: [{ templateName: watchTemplate }], args: [release] },
    scaleDownDelaySeconds: 600,
    abortScaleDownDelaySeconds: 600,
  },
};

const strategies = { canary, blueGreen };

export function rollout(strategy: keyof typeof strategies): Rollout {
  // As the custom type has it: the schema of the pod inside is the same.
  const template = exporterPod() as NonNullable<IRollout['spec']['template']>;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: metadata(app, 'exporter'),
    spec: {
      replicas: 3,
      revisionHistoryLimit: 3,
      minReadySeconds: 5,
      progressDeadlineSeconds: 600,
      progressDeadlineAbort: true,
      selector: { matchLabels: selector() },
      template,
      strategy: strategies[strategy],
    },
  };
}
