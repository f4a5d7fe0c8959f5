import { slos } from './fleet';

const day = 86_400;
/** A text of more would be too long for a string. */
const partSeconds = 6 * 3600;

interface Kind {
  /** Without labels. */
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly labels?: string;
  readonly stepSeconds: number;
  readonly at: (seconds: number) => number;
}

const raw = { type: 'counter', stepSeconds: 15 } as const;
const recorded = { type: 'gauge', stepSeconds: 30 } as const;
/** What the rules read over days: the scrapes of three days, and what was recorded of them. */
const kinds: readonly Kind[] = [
  { ...raw, name: 'cheer_slo_events_total', labels: ',result="bad"', at: (t) => Math.floor(t / 100) },
  { ...recorded, name: 'service_slo:cheer_slo_events:rate5m', at: () => 100 },
  { ...recorded, name: 'service_slo:cheer_slo_bad_events:rate5m', at: () => 0.01 },
];
const hourly: readonly Kind[] = [
  ['service_slo:cheer_slo_hourly_events:increase1h', 360_000],
  ['service_slo:cheer_slo_hourly_bad_events:increase1h', 36],
].map(([name, value]) => ({ type: 'gauge', name: String(name), stepSeconds: 3600, at: () => Number(value) }));

function part(some: readonly Kind[], services: readonly string[], from: number, to: number): string {
  const lines: string[] = [];
  for (const { name, type, labels = '', stepSeconds, at } of some) {
    lines.push(`# TYPE ${name.replace(/_total$/, '')} ${type}`);
    for (const service of services) {
      for (const slo of slos) {
        // The labels that Prometheus attaches are those of the target.
        const series = `${name}{service="${service}",slo="${slo}"${labels}}`;
        for (let time = from; time < to; time += stepSeconds)
          lines.push(`${series} ${at(time - from)} ${time}`);
      }
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** Thirty days until `until`, epoch seconds, as OpenMetrics texts. */
export function* fleetHistory(services: readonly string[], until: number): Generator<string> {
  const end = Math.floor(until / partSeconds) * partSeconds;
  yield part(hourly, services, end - 30 * day, end);
  for (let from = end - 3 * day; from < end; from += partSeconds) {
    yield part(kinds, services, from, from + partSeconds);
  }
}
