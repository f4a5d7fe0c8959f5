import { at, list, named, pods, text, type Doc, type Tree } from './tree';

/** Probes of a service of cheer-kit: its health is never a matter of its dependencies. */
const probes = [
  ['startupProbe', '/healthz'],
  ['livenessProbe', '/healthz'],
  ['readinessProbe', '/readyz'],
] as const;

const isOurs = (container: Tree): boolean =>
  list(container, 'ports').some((port) => at(port, 'name') === 'admin');

/** Pods are probed rightly, end in their own time, are restricted, and have what they mount. */
export function pod(objects: readonly Doc[]): readonly string[] {
  return pods(objects).flatMap(({ owner, pod: template }) => {
    const spec = at(template, 'spec');
    const containers = list(spec, 'containers');
    // Istio writes the whole pod of a gateway anew.
    const injected = containers.some((container) => at(container, 'image') === 'auto');
    return [
      ...containers.filter(isOurs).flatMap((container) => [...probed(container), ...draining(objects, spec)]),
      ...(injected ? [] : [...restricted(spec), ...references(objects, spec)]),
    ].map((problem) => `${owner}: ${problem}`);
  });
}

function probed(container: Tree): string[] {
  return probes.flatMap(([probe, path]) => {
    const get = at(container, probe, 'httpGet');
    if (get === undefined) return probe === 'startupProbe' ? [] : [`has no ${probe}`];
    return at(get, 'path') === path && at(get, 'port') === 'admin'
      ? []
      : [`${probe} asks ${text(get, 'port')}${text(get, 'path')}, not admin${path}`];
  });
}

function draining(objects: readonly Doc[], spec: Tree): string[] {
  const grace = Number(at(spec, 'terminationGracePeriodSeconds') ?? 30);
  const maps = list(spec, 'volumes').map((volume) => text(volume, 'configMap', 'name'));
  const config = maps
    .map((name) => text(named(objects, 'ConfigMap', name), 'data', 'selfcheer.yaml'))
    .join('\n');
  const seconds = (key: string): number =>
    Number(new RegExp(`^${key}: ([\\d.]+)$`, 'm').exec(config)?.[1] ?? 0);
  const needed = seconds('drainSeconds') + seconds('readinessLagSeconds') + 2;
  return [
    ...(grace > needed ? [] : [`is killed after ${grace} s, and its drain may take ${needed} s`]),
    ...list(spec, 'containers')
      .filter((container) => at(container, 'lifecycle', 'preStop') !== undefined)
      .map(() => 'has a preStop: the drain begins with SIGTERM, and waits by itself'),
  ];
}

function restricted(spec: Tree): string[] {
  const problems: string[] = [];
  if (at(spec, 'securityContext', 'runAsNonRoot') !== true) problems.push('may run as root');
  if (at(spec, 'securityContext', 'seccompProfile', 'type') !== 'RuntimeDefault')
    problems.push('has no seccomp profile');
  // A variable SELFCHEER_EXPORTER_PORT of the cluster's making is refused as an unknown key.
  if (at(spec, 'enableServiceLinks') !== false) problems.push('takes variables of Services');
  if (at(spec, 'automountServiceAccountToken') !== false) problems.push('has a token of the cluster');
  for (const container of list(spec, 'containers')) {
    const context = at(container, 'securityContext');
    const name = text(container, 'name');
    if (at(context, 'allowPrivilegeEscalation') !== false) problems.push(`${name} may gain privileges`);
    if (at(context, 'readOnlyRootFilesystem') !== true) problems.push(`${name} may write to its image`);
    if (text(context, 'capabilities', 'drop') !== '["ALL"]') problems.push(`${name} keeps capabilities`);
    if (at(container, 'resources', 'limits', 'memory') === undefined)
      problems.push(`${name} has no limit of memory`);
    const image = text(container, 'image');
    if (!/^\{\{args\.image\}\}$|:[^:/]+$/.test(image) || image.endsWith(':latest'))
      problems.push(`${image} is not pinned`);
  }
  return problems;
}

/** The one Secret is made by hand; all else comes with them. */
function references(objects: readonly Doc[], spec: Tree): string[] {
  const account = at(spec, 'serviceAccountName');
  const volumes = list(spec, 'volumes');
  const missing = (kind: string, name: string): string[] =>
    name === '' || named(objects, kind, name) ? [] : [`no ${kind} ${name}`];
  return [
    ...(account === undefined ? [] : missing('ServiceAccount', text(account))),
    ...volumes.flatMap((volume) => missing('ConfigMap', text(volume, 'configMap', 'name'))),
    ...volumes.flatMap((volume) =>
      missing('PersistentVolumeClaim', text(volume, 'persistentVolumeClaim', 'claimName')),
    ),
    ...list(spec, 'containers').flatMap((container) =>
      list(container, 'volumeMounts')
        .map((mount) => text(mount, 'name'))
        .filter((name) => !volumes.some((volume) => at(volume, 'name') === name))
        .map((name) => `mounts ${name}, which is no volume`),
    ),
  ];
}
