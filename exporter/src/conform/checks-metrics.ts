import { openMetricsType } from './admin-port';
import { families, foreignLabels, maxSeries, type Family } from './contract';
import { some, unless, type Check } from './finding';
import { Scrape, type Sample } from './scrape';

/** What stands in a scrape, whatever the requests. */
export const metricsChecks: readonly Check[] = [
  {
    id: 'metrics-format',
    expected:
      '/metrics is Prometheus text 0.0.4, and OpenMetrics 1.0 that ends in # EOF when Accept prefers it',
    mend: 'Render with renderMetrics(registry, accept) of the kit, on a registry of createRegistry().',
    async run({ admin }) {
      const problems: string[] = [];
      const look = async (accept: string, type: string, open: boolean): Promise<void> => {
        const { status, headers, text } = await admin.get('/metrics', { accept });
        const given = headers['content-type'] ?? 'none';
        if (status !== 200) problems.push(`${status} to Accept: ${accept}`);
        if (!given.startsWith(type)) problems.push(`content type ${given} to Accept: ${accept}`);
        if (text.endsWith('# EOF\n') !== open) problems.push(`${open ? 'no' : 'an'} # EOF with ${type}`);
        const { unreadable } = new Scrape(text);
        if (unreadable.length > 0) problems.push(`not to be read: ${some(unreadable, 2)}`);
      };
      await look('text/plain', 'text/plain', false);
      await look(openMetricsType, 'application/openmetrics-text', true);
      return unless(problems, 'both formats');
    },
  },
  {
    id: 'required-metrics',
    expected: 'every metric of the contract is there by name and type, series of closed lists from the start',
    mend: 'Create them with the kit: createService, or createSloMetrics, createCheerMetrics, createResilienceMetrics, createServiceMetrics and createResourceMetrics on one registry.',
    async run({ admin }) {
      const scrape = await admin.scrape();
      const needed = families.filter((family) => family.required);
      return unless(
        needed.flatMap((family) => absences(scrape, family)),
        `${needed.length} families`,
      );
    },
  },
];

/** What may stand in it; after requests of all kinds. */
export const labelChecks: readonly Check[] = [
  {
    id: 'label-lists',
    expected: `known metrics have their labels and no others, values come from closed lists, and none is called ${foreignLabels.join(', ')}`,
    mend: 'Map what callers send to the closed list before it becomes a label (createServiceMetrics does); leave labels of the target to Prometheus.',
    async run({ admin, plan }) {
      await plan.sendUnmatched('PURGE');
      const { samples } = await admin.scrape();
      return unless([...new Set(samples.flatMap(strangeLabels))], `${samples.length} series`);
    },
  },
  {
    id: 'cardinality',
    expected: `requests to many paths and ids add no series; fewer than ${maxSeries} in all`,
    mend: 'Label with the route that matched (request.route.path with its router before it), and everything else with one constant.',
    async run({ admin, plan }) {
      const burst = async (count: number): Promise<readonly string[]> => {
        const ids: string[] = [];
        for (let sent = 0; sent < count; sent += 1) {
          await plan.sendUnmatched();
          if (plan.variesPath) ids.push((await plan.send()).id);
        }
        return ids;
      };
      const first = await burst(2);
      const before = await admin.scrape();
      const ids = [...first, ...(await burst(30))];
      const after = await admin.scrape();
      const problems: string[] = [];
      const marks = [plan.token, ...(plan.variesPath ? ids : [])];
      const marked = after.samples.filter(({ labels }) =>
        Object.values(labels).some((value) => marks.some((mark) => value.includes(mark))),
      );
      if (marked.length > 0) {
        problems.push(`paths or ids in labels of ${some([...new Set(marked.map(({ name }) => name))])}`);
      }
      const known = routes(before);
      const added = [...routes(after)].filter((route) => !known.has(route));
      // A route that others call for the first time meanwhile is none of our 30.
      if (added.length > 2) problems.push(`new routes in http_requests_total: ${some(added, 3)}`);
      const { length } = after.samples;
      if (length >= maxSeries) problems.push(`${length} series`);
      return unless(problems, `${length} series, none more after 30 paths`);
    },
  },
];

function routes(scrape: Scrape): ReadonlySet<string> {
  return new Set(scrape.of('http_requests_total').map(({ labels }) => labels['route'] ?? ''));
}

function absences(scrape: Scrape, { name, type, labels }: Family): string[] {
  const given = scrape.typeOf(name);
  if (given === undefined) return [`${name} is not there`];
  if (given !== type) return [`${name} is a ${given}, not a ${type}`];
  if (type === 'histogram') return [];
  const samples = scrape.of(name);
  if (samples.length === 0) return [`${name} has no series`];
  // Of each group that a service names itself (an SLO), every value of the closed lists.
  const closed = Object.entries(labels).filter((entry): entry is [string, string[]] =>
    Array.isArray(entry[1]),
  );
  const groups = new Map(
    samples.map((sample) => {
      const own = Object.entries(sample.labels).filter(([label]) => !closed.some(([each]) => each === label));
      return [JSON.stringify(own), Object.fromEntries(own)];
    }),
  );
  let wanted: Record<string, string>[] = [...groups.values()];
  // One value says which it is, as the track of a release does.
  if (name !== 'cheer_build_info') {
    for (const [label, values] of closed) {
      wanted = wanted.flatMap((one) => values.map((value) => ({ ...one, [label]: value })));
    }
  }
  return wanted
    .filter((one) => scrape.of(name, one).length === 0)
    .map((one) => `${name}${JSON.stringify(one)} is not there`);
}

function strangeLabels({ name, labels }: Sample): string[] {
  const problems = Object.keys(labels)
    .filter((label) => foreignLabels.includes(label))
    .map((label) => `${name} has the label ${label}`);
  const family = families.find(
    (each) => each.name === name || (each.type === 'histogram' && bare(name) === each.name),
  );
  if (!family) return problems;
  for (const label of Object.keys(family.labels)) {
    if (!(label in labels)) problems.push(`${name} is without the label ${label}`);
  }
  for (const [label, value] of Object.entries(labels)) {
    if (family.type === 'histogram' && label === 'le') continue;
    const list = family.labels[label];
    if (list === undefined) problems.push(`${name} has the label ${label}`);
    else if (list instanceof RegExp ? !list.test(value) : !list.includes(value)) {
      problems.push(`${name}{${label}=${JSON.stringify(value.slice(0, 60))}}`);
    }
  }
  return problems;
}

function bare(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}
