import type { IAnalysisTemplate } from '@kubernetes-models/argo-rollouts/argoproj.io/v1alpha1/AnalysisTemplate';
import { nonRoot, ownEnvironment, restricted } from './exporter-pod';
import type { Custom } from './manifest';
import { app, image, keysSecret, labels, namespace, ports, services, sidecar } from './names';

export type AnalysisTemplate = Custom<IAnalysisTemplate['spec']>;

type Metric = IAnalysisTemplate['spec']['metrics'][number];
type Args = NonNullable<IAnalysisTemplate['spec']['args']>;

export const verifyTemplate = 'selfcheer-verify';
export const verdictTemplate = 'selfcheer-verdict';
/** The same for a set time: after a promotion there is no end of traffic shifting to wait for. */
export const watchTemplate = 'selfcheer-watch';

/** The controller is in another namespace: it needs the long name. */
const record = `http://${sidecar.name}.${namespace}.svc:${sidecar.port}`;

function template(name: string, args: Args, metrics: Metric[]): AnalysisTemplate {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name, labels: labels('release-gate') },
    spec: { args, metrics },
  };
}

/** Before real traffic: `selfcheer verify` sends synthetic events to the new pods and to the old ones in turn. */
function verify(): AnalysisTemplate {
  const args: Args = [
    // Without a value: the Rollout says it.
    { name: 'release' },
    { name: 'target', value: services.canary },
    { name: 'baseline', value: services.baseline },
    { name: 'sidecar', value: record },
    { name: 'image', value: image },
    { name: 'keys', value: keysSecret },
  ];
  return template(verifyTemplate, args, [
    {
      name: 'verify',
      // One run, which says yes or no: a second one would only hide what the first has seen.
      count: 1,
      failureLimit: 0,
      inconclusiveLimit: 0,
      consecutiveErrorLimit: 0,
      provider: { job: { metadata: { labels: labels('release-gate', 'selfcheer-verify') }, spec: job() } },
    },
  ]);
}

type Job = NonNullable<NonNullable<Metric['provider']['job']>['spec']>;

function job(): Job {
  const admin = (of: string): string => `http://{{args.${of}}}:${ports.admin}`;
  return {
    backoffLimit: 0,
    activeDeadlineSeconds: 600,
    ttlSecondsAfterFinished: 86_400,
    template: {
      metadata: {
        // In the mesh, or strict mTLS refuses its events; its proxy as a native sidecar, or the Job never ends.
        labels: { ...labels('release-gate', 'selfcheer-verify'), 'sidecar.istio.io/inject': 'true' },
        annotations: { 'sidecar.istio.io/nativeSidecar': 'true' },
      },
      spec: {
        restartPolicy: 'Never',
        ...ownEnvironment,
        securityContext: nonRoot,
        containers: [
          {
            name: 'verify',
            image: '{{args.image}}',
            args: [
              'verify',
              `--target=${admin('target')}`,
              `--baseline=${admin('baseline')}`,
              '--release={{args.release}}',
              // No Prometheus: what has no traffic yet is not known there, and that would be no data.
              // It has no checkout: the sidecar keeps the record and writes the changelog.
              '--no-changelog',
              '--record={{args.sidecar}}',
              '--require-record',
              '--json',
            ],
            env: [
              {
                name: 'SELFCHEER_API_KEY',
                valueFrom: { secretKeyRef: { name: '{{args.keys}}', key: 'gate' } },
              },
            ],
            resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
            securityContext: restricted,
          },
        ],
      },
    },
  };
}

/** While it has real traffic: is what was recorded good, and are its pods well now? */
function verdict(name: string, count?: number): AnalysisTemplate {
  const args: Args = [
    { name: 'release' },
    { name: 'sidecar', value: record },
    { name: 'service', value: app },
  ];
  return template(name, args, [
    {
      name: 'verdict',
      initialDelay: '20s',
      interval: '20s',
      ...(count !== undefined && { count }),
      // Both: without the second, `inconclusive` would count as a failure; without the first, as a success.
      successCondition: 'result.verdict == "pass"',
      failureCondition: 'result.verdict == "fail"',
      failureLimit: 0,
      // Pods that are warming or draining are no evidence: a minute of that is usual, more pauses for a human.
      inconclusiveLimit: 3,
      // A sidecar that is moved to another node is no reason to roll back.
      consecutiveErrorLimit: 9,
      provider: {
        web: {
          url: `{{args.sidecar}}/api/v1/releases/{{args.release}}/verdict?service={{args.service}}`,
          jsonPath: '{$}',
          timeoutSeconds: 5,
        },
      },
    },
  ]);
}

export function analysisTemplates(): readonly AnalysisTemplate[] {
  return [verify(), verdict(verdictTemplate), verdict(watchTemplate, 15)];
}
