import type { IObjectMeta } from '@kubernetes-models/apimachinery/apis/meta/v1/ObjectMeta';
import { version } from '../../exporter/src/version';

export { version };

/** The exporter's name: of its Services, its workload, its labels, and of the service in Prometheus. */
export const app = 'selfcheer-exporter';
/** The namespace that addresses outside of it name; kustomize or kubectl decide where all of it goes. */
export const namespace = 'selfcheer';
export const image = `ghcr.io/selfcheer/exporter:${version}`;

/** Pods say by it which part of a release they are; Argo Rollouts changes it as they become another. */
export const trackLabel = 'selfcheer.dev/track';

export const services = {
  stable: app,
  canary: `${app}-canary`,
  preview: `${app}-preview`,
  /** Each stable pod by itself: the gate compares with one, as it can't with what answers as several. */
  baseline: `${app}-baseline`,
  metrics: `${app}-metrics`,
} as const;

export const ports = { http: 8080, grpc: 50051, admin: 9464 } as const;

export const configMap = `${app}-config`;
export const flagsMap = `${app}-flags`;
/** Made by hand: docs/deploy.md says how. */
export const keysSecret = `${app}-keys`;

/** The page, and where releases are recorded. */
export const sidecar = { name: 'selfcheer-sidecar', port: 9465 } as const;

/** What an object is found by, as by a Helm release `selfcheer`; its version is no part of it. */
export function selector(name: string = app): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': 'selfcheer' };
}

export function labels(component: string, name: string = app): Record<string, string> {
  return {
    ...selector(name),
    'app.kubernetes.io/version': version,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'selfcheer',
  };
}

export function metadata(name: string, component: string, of: string = app): IObjectMeta {
  return { name, labels: labels(component, of) };
}
