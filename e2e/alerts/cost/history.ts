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
  /** How far back the rules look. */
  readonly days: number;
  readonly at: (seconds: number) => number;
}

/** By window, in which a longer one is put together from them: days that lie between it and the earliest of them. */
const looked = { '1h': 5 / 24, '2h': 4 / 24, '6h': 18 / 24, '1d': 2 } as const;

const raw = (result: string, at: Kind['at']): Kind => {
  const labels = `,result="${result}"`;
  // The alert for a service without traffic reads what was a day ago.
  return { type: 'counter', stepSeconds: 15, days: 1.1, name: 'cheer_slo_events_total', labels, at };
};
const recorded = (name: string, days: number, value: number): Kind => ({
  ...{ type: 'gauge', stepSeconds: 30, days, name: `service_slo:cheer_slo_${name}`, at: () => value },
});
/** What the rules read over days: scrapes, and what was recorded of them. */
const kinds: readonly Kind[] = [
  raw('bad', (t) => Math.floor(t / 100)),
  raw('good', (t) => 100 * t),
  ...Object.entries(looked).flatMap(([window, days]) => [
    recorded(`events:rate${window}`, days, 100),
    recorded(`bad_events:rate${window}`, days, 0.01),
    recorded(`bad_events:increase${window}`, days, 36),
  ]),
];
const hourly: readonly Kind[] = [
  ['service_slo:cheer_slo_hourly_events:increase1h', 360_000],
  ['service_slo:cheer_slo_hourly_bad_events:increase1h', 36],
].map(([name, value]) => ({
  ...{ type: 'gauge', name: String(name), stepSeconds: 3600, days: 30, at: () => Number(value) },
}));

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
  const end = Math.floor(until / 600) * 600;
  yield part(hourly, services, end - 30 * day, end);
  for (let to = end; to > end - 3 * day; to -= partSeconds) {
    const read = kinds.filter(({ days }) => end - to < days * day);
    if (read.length > 0) yield part(read, services, to - partSeconds, to);
  }
}
