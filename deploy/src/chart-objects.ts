import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import { parseAllDocuments, parse } from 'yaml';

type Texts = Readonly<Record<string, string>>;

/** An object as helm renders it. Its schema is checked elsewhere: here only what the lints look at is named. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Texts; readonly annotations?: Texts };
  readonly spec?: unknown;
  readonly data?: Texts;
  readonly stringData?: Texts;
}

/** A StatefulSet, Deployment or Rollout. */
export interface WorkloadSpec {
  readonly replicas?: number;
  readonly serviceName?: string;
  readonly selector: { readonly matchLabels: Texts };
  readonly template: IPodTemplateSpec;
  readonly volumeClaimTemplates?: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
  }[];
  readonly strategy?: {
    readonly canary?: { readonly stableService: string; readonly canaryService: string };
    readonly blueGreen?: { readonly activeService: string; readonly previewService: string };
  };
}

export interface Workload {
  readonly kind: string;
  readonly name: string;
  readonly spec: WorkloadSpec;
}

const workloadKinds = ['StatefulSet', 'Deployment', 'Rollout'];

/** What `helm template` printed, object by object. */
export function renderedObjects(text: string): readonly RenderedObject[] {
  // As Kubernetes reads it: in YAML 1.1 a bare `no` or `on` is no text.
  return parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as RenderedObject | null)
    .filter((object) => object !== null);
}

export function workloadsOf(objects: readonly RenderedObject[]): readonly Workload[] {
  return objects
    .filter(({ kind }) => workloadKinds.includes(kind))
    .map(({ kind, metadata, spec }) => ({ kind, name: metadata.name, spec: spec as WorkloadSpec }));
}

/** Of this kind, with its spec as that. */
export function ofKind<Spec>(
  objects: readonly RenderedObject[],
  kind: string,
): readonly { readonly name: string; readonly labels: Texts; readonly spec: Spec }[] {
  return objects
    .filter((object) => object.kind === kind)
    .map(({ metadata, spec }) => ({
      name: metadata.name,
      labels: metadata.labels ?? {},
      spec: spec as Spec,
    }));
}

export function selects(selector: Texts, labels: Texts = {}): boolean {
  return Object.entries(selector).every(([label, value]) => labels[label] === value);
}

/** selfcheer.yaml as the pods of the exporter read it. */
export interface RenderedConfig {
  readonly http: string;
  readonly grpc: string;
  readonly admin: string;
  readonly ack: string;
  readonly dataDir: string;
  readonly drainSeconds: number;
  readonly readinessLagSeconds: number;
  readonly outbox?: { readonly quotaBytes?: number };
  readonly flags?: { readonly file: string };
}

export function configOf(objects: readonly RenderedObject[]): RenderedConfig | undefined {
  const text = objects.map(({ data }) => data?.['selfcheer.yaml']).find((found) => found !== undefined);
  return text === undefined ? undefined : (parse(text) as RenderedConfig);
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Bytes of a quantity such as 4Gi or 20G. */
export function bytesOf(quantity: string): number {
  const [, figure, prefix = '', binary] = /^([\d.]+)([kKMGT]?)(i?)$/.exec(quantity) ?? [];
  if (figure === undefined) throw new RangeError(`${quantity} is no quantity of bytes`);
  if (binary) return Number(figure) * 1024 ** 'KMGT'.indexOf(prefix) * 1024;
  return Number(figure) * (units[prefix] ?? Number.NaN);
}
