import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import { bytesOf, type RenderedConfig, type RenderedObject, type Workload } from './chart-objects';

const probes = [
  ['startupProbe', '/healthz'],
  ['livenessProbe', '/healthz'],
  ['readinessProbe', '/readyz'],
] as const;

/** What holds for every pod: it may do little, its probes ask the right thing, and what it names is there. */
export function lintPod({ spec }: Workload, objects: readonly RenderedObject[]): string[] {
  const pod = spec.template.spec;
  if (!pod) return ['has no pod'];
  const claimed = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
  const volumes = [...claimed, ...(pod.volumes ?? []).map(({ name }) => name)];
  const named = [...namedByVolumes(pod), ['ServiceAccount', pod.serviceAccountName ?? ''] as const];
  return [
    ...restricted(pod),
    ...pod.containers.flatMap((container) => lintContainer(container, volumes)),
    ...named
      .filter(([kind, name]) => !objects.some((one) => one.kind === kind && one.metadata.name === name))
      .map(([kind, name]) => `there is no ${kind} "${name}"`),
  ];
}

function namedByVolumes({ volumes = [] }: IPodSpec): readonly (readonly [kind: string, name: string])[] {
  return volumes.flatMap(({ configMap, persistentVolumeClaim }) => [
    ...(configMap ? [['ConfigMap', configMap.name ?? ''] as const] : []),
    ...(persistentVolumeClaim ? [['PersistentVolumeClaim', persistentVolumeClaim.claimName] as const] : []),
  ]);
}

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and a file system that stays. */
function restricted({ securityContext: pod, automountServiceAccountToken, containers }: IPodSpec): string[] {
  const problems: string[] = [];
  if (pod?.runAsNonRoot !== true) problems.push('may run as root');
  if (pod?.seccompProfile?.type !== 'RuntimeDefault') problems.push('has no seccomp profile');
  if (pod?.fsGroup === undefined) problems.push('may not write to its volume: fsGroup');
  if (automountServiceAccountToken !== false) problems.push('has a token for the API server');
  for (const { name, securityContext: own } of containers) {
    if (own?.allowPrivilegeEscalation !== false) problems.push(`${name} may gain privileges`);
    if (own?.readOnlyRootFilesystem !== true) problems.push(`${name} may write to its root`);
    if (!own?.capabilities?.drop?.includes('ALL')) problems.push(`${name} keeps capabilities`);
  }
  return problems;
}

function lintContainer(container: IContainer, volumes: readonly string[]): string[] {
  const { name, image = '', lifecycle, ports = [], volumeMounts = [], resources } = container;
  const problems: string[] = [];
  if (!/[:@][^/]+$/.test(image) || image.endsWith(':latest'))
    problems.push(`${name}: ${image} is not pinned`);
  if (lifecycle?.preStop)
    problems.push(`${name}: a preStop comes off the time of the drain, which waits by itself`);
  if (!resources?.limits?.['memory']) problems.push(`${name}: no limit of memory`);
  for (const [probe, path] of probes) {
    const { httpGet } = container[probe] ?? {};
    if (!httpGet) {
      if (probe !== 'startupProbe') problems.push(`${name}: no ${probe}`);
      continue;
    }
    if (httpGet.path !== path) problems.push(`${name}: ${probe} asks ${httpGet.path} and not ${path}`);
    if (!ports.some((port) => port.name === httpGet.port)) {
      problems.push(`${name}: ${probe} asks a port that is not there`);
    }
  }
  for (const mount of volumeMounts) {
    if (!volumes.includes(mount.name)) problems.push(`${name}: there is no volume ${mount.name}`);
    if (mount.subPath !== undefined) problems.push(`${name}: ${mount.name} would not follow its ConfigMap`);
  }
  return problems;
}

const defaultQuota = 8 * 2 ** 30;

/** What holds between a pod of the exporter and the configuration that it reads. */
export function lintExporterPod({ spec }: Workload, config: RenderedConfig): string[] {
  const problems: string[] = [];
  const pod = spec.template.spec;
  const container = pod?.containers.find(({ name }) => name === 'exporter');
  if (!pod || !container) return ['has no exporter'];
  for (const name of ['http', 'grpc', 'admin'] as const) {
    const port = container.ports?.find((one) => one.name === name)?.containerPort;
    if (!config[name].endsWith(`:${port}`))
      problems.push(`port ${name} is ${port}, it listens on ${config[name]}`);
  }
  const stopping = config.drainSeconds + config.readinessLagSeconds;
  if (!((pod.terminationGracePeriodSeconds ?? 30) > stopping)) {
    problems.push(`is killed before its drain of ${stopping} s is over`);
  }
  const { periodSeconds = 10, failureThreshold = 3 } = container.readinessProbe ?? {};
  if (config.readinessLagSeconds > 0 && config.readinessLagSeconds < periodSeconds * failureThreshold) {
    problems.push('stops its intake before its probe has seen that it is not ready');
  }
  if (
    config.ack === 'outbox' &&
    !spec.volumeClaimTemplates?.some(({ metadata }) => metadata.name === 'data')
  ) {
    problems.push('acknowledges what is on a volume that goes with the pod');
  }
  if (!spec.template.metadata?.annotations?.['checksum/config']) {
    problems.push('would go on with its old settings after an upgrade: no checksum/config');
  }
  const mounts = (container.volumeMounts ?? []).map(({ mountPath }) => mountPath);
  const files = [config.flags?.file, container.args?.[2]].filter((file) => file !== undefined);
  for (const file of files) {
    if (!mounts.some((mount) => file.startsWith(`${mount}/`))) problems.push(`${file} is on no volume`);
  }
  if (!mounts.includes(config.dataDir)) problems.push(`${config.dataDir} is no volume, and can't be written`);
  const quota = config.outbox?.quotaBytes ?? defaultQuota;
  const room = roomOf(spec);
  // LevelDB rewrites what it has, and the ballast is there, too.
  if (room !== undefined && room < 2 * quota)
    problems.push(`outbox.quotaBytes ${quota} wants a volume of twice that`);
  return problems;
}

function roomOf({ template, volumeClaimTemplates }: Workload['spec']): number | undefined {
  const claim = volumeClaimTemplates?.find(({ metadata }) => metadata.name === 'data');
  if (claim) return bytesOf(claim.spec.resources.requests.storage);
  const limit = template.spec?.volumes?.find(({ name }) => name === 'data')?.emptyDir?.sizeLimit;
  return limit === undefined ? undefined : bytesOf(String(limit));
}
