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

/** How series name their service; undefined for those without any such label. A label `service` always counts. */
export function serviceNamer(series: readonly Series[], serviceLabel: string): (labels: Labels) => string | undefined {
  const own = serviceLabel === '' ? 'service' : serviceLabel;
  const others = series.filter(({ labels }) => !labels[own] && !labels['service']);
  const telling = tellingLabels.find((label) => {
    const first = others.find(({ labels }) => labels[label])?.labels[label];
    return first !== undefined && others.some(({ labels }) => labels[label] && labels[label] !== first);
  });
  const inOrder = [own, 'service', ...(telling === undefined ? [] : [telling]), ...serviceLabels];
  return (labels) => valueOf(labels, inOrder);
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
