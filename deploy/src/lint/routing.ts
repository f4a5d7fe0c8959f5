import { at, list, named, nameOf, ofKind, pods, selects, text, type Doc, type Tree } from './tree';

/** Weights are whole, and the traffic of a route goes somewhere: 100 in all. */
export function weights(objects: readonly Doc[]): readonly string[] {
  return ofKind(objects, 'VirtualService').flatMap((object) =>
    list(object, 'spec', 'http').flatMap((route) => {
      const to = list(route, 'route');
      const sum = to.reduce<number>(
        (all, one) => all + Number(at(one, 'weight') ?? (to.length === 1 ? 100 : 0)),
        0,
      );
      return sum === 100
        ? []
        : [`${nameOf(object)}: the weights of route ${text(route, 'name')} sum to ${sum}, not 100`];
    }),
  );
}

/** Services, ports, subsets and gateways that routing names are there. */
export function routing(objects: readonly Doc[]): readonly string[] {
  return [...virtualServices(objects), ...destinationRules(objects), ...selectors(objects)];
}

function virtualServices(objects: readonly Doc[]): string[] {
  return ofKind(objects, 'VirtualService').flatMap((object) => {
    const gateways = list(object, 'spec', 'gateways')
      .map((gateway) => text(gateway))
      .filter((gateway) => gateway !== 'mesh' && !named(objects, 'Gateway', gateway))
      .map((gateway) => `${nameOf(object)}: no Gateway ${gateway}`);
    const destinations = list(object, 'spec', 'http').flatMap((route) => list(route, 'route'));
    return [
      ...gateways,
      ...destinations.flatMap((one) => destination(objects, object, at(one, 'destination'))),
    ];
  });
}

function destination(objects: readonly Doc[], from: Doc, to: Tree): string[] {
  const host = text(to, 'host');
  const service = named(objects, 'Service', host);
  if (!service) return [`${nameOf(from)}: no Service ${host}`];
  const problems: string[] = [];
  const port = at(to, 'port', 'number');
  if (!list(service, 'spec', 'ports').some((one) => at(one, 'port') === port)) {
    problems.push(`${nameOf(from)}: Service ${host} has no port ${text(port)}`);
  }
  const subset = at(to, 'subset');
  const rule = ofKind(objects, 'DestinationRule').find((one) => at(one, 'spec', 'host') === host);
  if (subset !== undefined && !list(rule, 'spec', 'subsets').some((one) => at(one, 'name') === subset)) {
    problems.push(`${nameOf(from)}: no DestinationRule has the subset ${text(subset)} of ${host}`);
  }
  return problems;
}

function destinationRules(objects: readonly Doc[]): string[] {
  return ofKind(objects, 'DestinationRule').flatMap((object) => {
    const host = text(object, 'spec', 'host');
    const problems = named(objects, 'Service', host) ? [] : [`${nameOf(object)}: no Service ${host}`];
    const mode = text(object, 'spec', 'trafficPolicy', 'tls', 'mode');
    if (mode !== 'ISTIO_MUTUAL')
      problems.push(`${nameOf(object)}: TLS is ${mode || 'not set'}, not ISTIO_MUTUAL`);
    return problems;
  });
}

/** Each Service finds pods, and they have the ports that it names. */
function selectors(objects: readonly Doc[]): string[] {
  const all = pods(objects);
  return ofKind(objects, 'Service').flatMap((object) => {
    const mine = all.filter(({ pod }) =>
      selects(at(object, 'spec', 'selector'), at(pod, 'metadata', 'labels')),
    );
    if (mine.length === 0) return [`${nameOf(object)}: selects no pod`];
    const open = mine.flatMap(({ pod }) =>
      list(pod, 'spec', 'containers').flatMap((container) =>
        list(container, 'ports').map((port) => at(port, 'name')),
      ),
    );
    return list(object, 'spec', 'ports')
      .map((port) => at(port, 'targetPort'))
      .filter((target) => typeof target === 'string' && !open.includes(target))
      .map((target) => `${nameOf(object)}: its pods have no port ${text(target)}`);
  });
}
