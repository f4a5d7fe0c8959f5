import { getFieldDisplayName, type Labels } from '@grafana/data';
import { type CheerMeterOptions } from '../types';
import { baseName, rolesOfNames } from './roles';
import { type Series } from './series';
import { serviceNames } from './service-labels';
import { type ByRole, ServiceSeries } from './service-series';

/** All that is known of one service, not yet judged. */
export interface FoundService {
  readonly key: string;
  readonly name: string;
  readonly group: string | undefined;
  readonly series: ServiceSeries;
}

interface Building {
  readonly name: string;
  readonly namespace: string;
  group: string | undefined;
  readonly series: ByRole<Series>;
}

/** Puts the series of each service together. */
export function findServices(
  all: readonly Series[],
  { serviceLabel, sloLabel, groupBy }: Pick<CheerMeterOptions, 'serviceLabel' | 'sloLabel' | 'groupBy'>
): FoundService[] {
  const names = serviceNames(all, serviceLabel);
  const unlabelled = all.filter((_, index) => names[index] === undefined);
  const anonymous = unlabelled.length > 0 ? anonymousNamer(unlabelled, sloLabel) : () => '';
  const byName = new Map<string, Building[]>();
  for (let index = 0; index < all.length; index++) {
    const series = all[index];
    const { labels, role } = series;
    const name = names[index] ?? anonymous(series);
    const service = serviceIn(byName, name, labels['namespace'] ?? '');
    if (groupBy !== '') {
      service.group ??= groupOf(labels, groupBy);
    }
    const list = service.series[role];
    if (list === undefined) {
      service.series[role] = [series];
    } else {
      list.push(series);
    }
  }
  return [...byName.values()].flatMap(finish);
}

function groupOf(labels: Labels, groupBy: string): string | undefined {
  return labels[groupBy] || undefined;
}

function serviceIn(byName: Map<string, Building[]>, name: string, namespace: string): Building {
  let namespaces = byName.get(name);
  if (namespaces === undefined) {
    namespaces = [];
    byName.set(name, namespaces);
  }
  for (const service of namespaces) {
    if (service.namespace === namespace) {
      return service;
    }
  }
  const service = { name, namespace, group: undefined, series: {} };
  namespaces.push(service);
  return service;
}

/** Those of one name: apart by namespace, except for what lacks it when there is only one. */
function finish(namespaces: readonly Building[]): FoundService[] {
  const without = namespaces.length === 2 ? namespaces.find(({ namespace }) => namespace === '') : undefined;
  if (without) {
    const [other] = namespaces.filter((service) => service !== without);
    for (const series of Object.values(without.series).flat()) {
      (other.series[series.role] ??= []).push(series);
    }
    other.group ??= without.group;
    return [found(other, false)];
  }
  return namespaces.map((service) => found(service, namespaces.length > 1));
}

function found({ name, namespace, group, series }: Building, isAmbiguous: boolean): FoundService {
  const shown = isAmbiguous && namespace !== '' ? `${namespace}/${name}` : name;
  return { key: JSON.stringify([namespace, name]), name: shown, group, series: new ServiceSeries(series) };
}

/** Names for series without a likely label: what their other labels say, or as follows where there are none. */
function anonymousNamer(series: readonly Series[], sloLabel: string): (series: Series) => string {
  const parts = ['state', 'condition', 'reason', 'traffic', sloLabel];
  const notOfServices = new Set(['__name__', 'le', 'quantile', ...parts]);
  const wordsOf = ({ labels }: Series) =>
    Object.keys(labels)
      .filter((name) => !notOfServices.has(name) && labels[name])
      .sort()
      .map((name) => labels[name])
      .join(', ');
  const bare = series.filter((one) => wordsOf(one) === '');
  const bareName = bare.length > 0 ? bareNamer(bare, parts) : () => '';
  return (one) => wordsOf(one) || bareName(one);
}

/**
 * Names for series without labels, but those that say which part of a service's figures they are. Where nothing is there
 * twice they are all of one service: that of the frame, or of the figure that tells most of it. Otherwise each is named
 * after its field.
 */
function bareNamer(series: readonly Series[], parts: readonly string[]): (series: Series) => string {
  const partsOf = ({ labels }: Series) => parts.map((part) => labels[part]);
  const figures = new Set(series.map((one) => JSON.stringify([one.role, ...partsOf(one)])));
  const nameOf = ({ field, frame }: Series) => getFieldDisplayName(field, frame) || 'Service';
  if (figures.size < series.length) {
    return nameOf;
  }
  const whole = series.filter((one) => !partsOf(one).some(Boolean));
  const [first] = ['score', 'state', 'health'].flatMap((role) => whole.filter((one) => one.role === role));
  const names = [whole[0]?.frame.name, first && nameOf(first)].map(baseName);
  const name = names.find((candidate) => candidate && !rolesOfNames.has(candidate.toLowerCase())) ?? 'Service';
  return () => name;
}
