import { lintExporterPod, lintPod } from './chart-lint-pod';
import { configOf, ofKind, selects, workloadsOf, type RenderedObject, type Workload } from './chart-objects';

type Texts = Readonly<Record<string, string>>;

/** What no schema of Kubernetes knows: that the objects of the chart fit each other. Empty: they do. */
export function lintChart(objects: readonly RenderedObject[]): readonly string[] {
  const workloads = workloadsOf(objects);
  return [
    ...twins(objects),
    ...workloads.flatMap((workload) => lintWorkload(workload, objects)),
    ...lintServices(objects, workloads),
    ...lintSelectors(objects, workloads),
    ...lintMonitors(objects, workloads),
    ...lintAutoscalers(objects, workloads),
    ...lintSecrets(objects),
  ];
}

const has = (objects: readonly RenderedObject[], kind: string, name: string): boolean =>
  objects.some((object) => object.kind === kind && object.metadata.name === name);

function twins(objects: readonly RenderedObject[]): readonly string[] {
  const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `${name}: is there twice`);
}

function lintWorkload(workload: Workload, objects: readonly RenderedObject[]): readonly string[] {
  const { kind, name, spec } = workload;
  const problems = lintPod(workload, objects);
  const config = configOf(objects);
  if (spec.template.spec?.containers.some((container) => container.name === 'exporter')) {
    if (config) problems.push(...lintExporterPod(workload, config));
    else problems.push('there is no selfcheer.yaml');
  }
  if (!selects(spec.selector.matchLabels, spec.template.metadata?.labels)) {
    problems.push('its selector does not find its own pods');
  }
  for (const label of ['app.kubernetes.io/version', 'helm.sh/chart', 'selfcheer.dev/track']) {
    if (label in spec.selector.matchLabels) {
      problems.push(`its selector would change with ${label}, which Kubernetes refuses`);
    }
  }
  const { canary, blueGreen } = spec.strategy ?? {};
  const services = [
    ...(kind === 'StatefulSet' ? [spec.serviceName ?? ''] : []),
    ...(canary ? [canary.stableService, canary.canaryService] : []),
    ...(blueGreen ? [blueGreen.activeService, blueGreen.previewService] : []),
  ];
  for (const service of services) {
    if (!has(objects, 'Service', service)) problems.push(`there is no Service "${service}"`);
  }
  if (kind === 'StatefulSet') {
    const governing = ofKind<{ clusterIP?: string }>(objects, 'Service').find(
      (one) => one.name === spec.serviceName,
    );
    if (governing && governing.spec.clusterIP !== 'None') problems.push(`${governing.name} is not headless`);
  }
  return problems.map((problem) => `${kind} ${name}: ${problem}`);
}

const portsOf = ({ spec }: Workload): readonly string[] =>
  spec.template.spec?.containers.flatMap(({ ports }) => (ports ?? []).map((port) => port.name ?? '')) ?? [];

interface ServiceSpec {
  readonly selector: Texts;
  readonly ports: readonly { readonly name: string; readonly targetPort: string }[];
}

function lintServices(objects: readonly RenderedObject[], workloads: readonly Workload[]): readonly string[] {
  return ofKind<ServiceSpec>(objects, 'Service').flatMap(({ name, spec }) => {
    const found = workloads.filter((one) => selects(spec.selector, one.spec.template.metadata?.labels));
    if (found.length !== 1) return [`Service ${name}: finds the pods of ${found.length} workloads`];
    return spec.ports
      .filter(({ targetPort }) => !portsOf(found[0] as Workload).includes(targetPort))
      .map(({ targetPort }) => `Service ${name}: its pods have no port ${targetPort}`);
  });
}

interface BudgetSpec {
  readonly maxUnavailable: number;
  readonly selector: { readonly matchLabels: Texts };
}

interface PolicySpec {
  readonly podSelector: { readonly matchLabels: Texts };
  readonly ingress?: readonly { readonly ports?: readonly { readonly port: string | number }[] }[];
}

/** Budgets and policies find pods, and policies leave no port of theirs closed to all, nor name one that is not there. */
function lintSelectors(
  objects: readonly RenderedObject[],
  workloads: readonly Workload[],
): readonly string[] {
  const finds = (selector: Texts): Workload | undefined =>
    workloads.find(({ spec }) => selects(selector, spec.template.metadata?.labels));
  const budgets = ofKind<BudgetSpec>(objects, 'PodDisruptionBudget').flatMap(({ name, spec }) => [
    ...(finds(spec.selector.matchLabels) ? [] : [`PodDisruptionBudget ${name}: finds no pods`]),
    ...(spec.maxUnavailable > 0 ? [] : [`PodDisruptionBudget ${name}: no node could ever be emptied`]),
  ]);
  const policies = ofKind<PolicySpec>(objects, 'NetworkPolicy').flatMap(({ name, spec }) => {
    const found = finds(spec.podSelector.matchLabels);
    if (!found) return [`NetworkPolicy ${name}: finds no pods`];
    const open = (spec.ingress ?? []).flatMap(({ ports }) => (ports ?? []).map(({ port }) => port));
    return [
      ...open
        .filter((port) => typeof port === 'string' && !portsOf(found).includes(port))
        .map((port) => `NetworkPolicy ${name}: its pods have no port ${port}`),
      ...portsOf(found)
        .filter((port) => !open.includes(port))
        .map((port) => `NetworkPolicy ${name}: nobody reaches port ${port}`),
    ];
  });
  return [...budgets, ...policies];
}

interface Endpoint {
  readonly port: string;
  readonly relabelings?: readonly {
    readonly sourceLabels?: readonly string[];
    readonly targetLabel?: string;
  }[];
}
interface MonitorSpec {
  readonly selector: { readonly matchLabels: Texts };
  readonly endpoints?: readonly Endpoint[];
  readonly podMetricsEndpoints?: readonly Endpoint[];
}

const podName = '__meta_kubernetes_pod_label_app_kubernetes_io_name';

/** Each pod is scraped once, and the service is its name and not that of a Service. */
function lintMonitors(objects: readonly RenderedObject[], workloads: readonly Workload[]): readonly string[] {
  const monitors = ['ServiceMonitor', 'PodMonitor'].flatMap((kind) =>
    ofKind<MonitorSpec>(objects, kind).map((monitor) => ({ ...monitor, kind })),
  );
  if (monitors.length > 1) return ['two monitors scrape the same pods'];
  return monitors.flatMap(({ kind, spec }) => {
    const labelled =
      kind === 'PodMonitor'
        ? workloads.map((workload) => workload.spec.template.metadata?.labels)
        : ofKind<ServiceSpec>(objects, 'Service').map(({ labels }) => labels);
    const found = labelled.filter((labels) => selects(spec.selector.matchLabels, labels)).length;
    const endpoints = spec.endpoints ?? spec.podMetricsEndpoints ?? [];
    const named = (endpoint: Endpoint): boolean =>
      (endpoint.relabelings ?? []).some(
        ({ sourceLabels, targetLabel }) => targetLabel === 'service' && sourceLabels?.includes(podName),
      );
    return [
      ...(found === 1 ? [] : [`${kind}: finds ${found} instead of one`]),
      ...endpoints.filter(({ port }) => port !== 'admin').map(({ port }) => `${kind}: scrapes port ${port}`),
      ...endpoints.filter((one) => !named(one)).map(() => `${kind}: the service is not the name of the pod`),
    ];
  });
}

interface AutoscalerSpec {
  readonly scaleTargetRef: { readonly kind: string; readonly name: string };
}

function lintAutoscalers(
  objects: readonly RenderedObject[],
  workloads: readonly Workload[],
): readonly string[] {
  return ofKind<AutoscalerSpec>(objects, 'HorizontalPodAutoscaler').flatMap(({ name, spec }) => {
    const { kind, name: of } = spec.scaleTargetRef;
    const target = workloads.find((workload) => workload.kind === kind && workload.name === of);
    if (!target) return [`HorizontalPodAutoscaler ${name}: there is no ${kind} ${of}`];
    if (target.spec.replicas !== undefined) {
      return [`HorizontalPodAutoscaler ${name}: each upgrade would set the replicas of ${of} back`];
    }
    const blind = target.spec.template.spec?.containers.some(
      ({ resources }) => !resources?.requests?.['cpu'],
    );
    return blind ? [`HorizontalPodAutoscaler ${name}: pods of ${of} ask for no CPU to take a part of`] : [];
  });
}

/** Members of Secrets that are named are there, and what is secret stands nowhere else. */
function lintSecrets(objects: readonly RenderedObject[]): readonly string[] {
  const problems: string[] = [];
  JSON.stringify(objects, (field, value: unknown) => {
    if (
      (field === 'secretKeyRef' || field === 'credentials') &&
      typeof value === 'object' &&
      value !== null
    ) {
      const { name, key } = value as { name: string; key: string };
      const secret = objects.find((one) => one.kind === 'Secret' && one.metadata.name === name);
      if (secret && !(key in { ...secret.data, ...secret.stringData })) {
        problems.push(`Secret ${name} has no member ${key}`);
      }
    }
    return value;
  });
  const open = objects.filter(({ kind, data }) => kind === 'ConfigMap' && data?.['selfcheer.yaml']);
  const secret = /^[\s{-]*(apiKeys|sasl|password|token|sha256):/m;
  return [
    ...problems,
    ...open
      .filter(({ data }) => secret.test(data?.['selfcheer.yaml'] ?? ''))
      .map(({ metadata }) => `ConfigMap ${metadata.name}: a secret stands in it`),
  ];
}
