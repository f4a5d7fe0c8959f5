import { type Labels } from '@grafana/data';
import { type Series } from './series';

/** Labels that may name a service, the likeliest first. */
const serviceLabels: readonly string[] = [
  'service',
  'job',
  'app',
  'application',
  'service_name',
  'container',
  'instance',
  'pod',
];

/**
 * Of these the first whose values differ is taken before the first that exists: one scrape job may hold many apps. Not so
 * for instances and containers, which are the parts of a service.
 */
const tellingLabels: readonly string[] = ['job', 'app', 'application', 'service_name'];

/** How each series names its service; undefined for one without any such label. A label `service` always counts. */
export function serviceNames(series: readonly Series[], serviceLabel: string): ReadonlyArray<string | undefined> {
  const own = serviceLabel === '' ? 'service' : serviceLabel;
  const names = series.map(({ labels }) => labels[own] || labels['service'] || undefined);
  const others = series.filter((_, index) => names[index] === undefined);
  if (others.length === 0) {
    return names;
  }
  const telling = tellingLabels.find((label) => {
    const first = others.find(({ labels }) => labels[label])?.labels[label];
    return first !== undefined && others.some(({ labels }) => labels[label] && labels[label] !== first);
  });
  const inOrder = [...(telling === undefined ? [] : [telling]), ...serviceLabels];
  return names.map((name, index) => name ?? valueOf(series[index].labels, inOrder));
}

function valueOf(labels: Labels, names: readonly string[]): string | undefined {
  for (const name of names) {
    if (labels[name]) {
      return labels[name];
    }
  }
  return undefined;
}

/** The service that an event with these labels is of; tags are words that may name it too, as `shop` or `service:shop`. */
export type OwnerNamer = (labels: Labels, tags?: readonly string[]) => string | undefined;

/** Of these services the one that a label or a tag names; else what the first likely label says. */
export function ownerNamer(serviceLabel: string, services: ReadonlySet<string>): OwnerNamer {
  const candidates = serviceLabel === '' ? serviceLabels : [serviceLabel, ...serviceLabels];
  return (labels, tags = []) => {
    const words = candidates.flatMap((label) => labels[label] || []);
    const spaced = words.map((word) => `${labels['namespace'] ?? ''}/${word}`);
    const tagged = tags.flatMap((tag) => [tag, tag.slice(tag.indexOf(':') + 1)]);
    return [...spaced, ...words, ...tagged].find((name) => services.has(name)) ?? words[0];
  };
}
