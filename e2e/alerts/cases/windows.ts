import type { QueryCase } from '../promtool-file';
import { gauge, steps, type Series } from '../series';
import { bursts, burstsEnd, burstTimes } from './bursts';
import { at } from './query';

const orders = 'namespace="shop", service="orders", instance="a", slo="delivery"';
const events = (result: string): string => `cheer_slo_events_total{${orders}, result="${result}"}`;
const day = 24 * 60;
/** Minutes before the change: more than the longest window, so that a longer one holds more. */
const begins = 3.5 * day;
const now = begins + 50;
/** Steps of two and a half minutes: the fewest that make a rate of five. */
const changed = (before: number, since: number): string =>
  steps(0, [2.5 * before, begins / 2.5 + 1], [2.5 * since, 20]);

/** What each window holds, to be told from one of half its length and of twice. */
export const windowCases: readonly QueryCase[] = [
  {
    name: 'rates over two hours and more, fifty minutes after a change',
    interval: '150s',
    series: { [events('good')]: changed(100, 300), [events('bad')]: changed(0, 100) },
    // Fifty minutes of 120, 360, 1440 and 4320.
    queries: [
      at(now, '60 * service_slo:cheer_slo_events:rate2h', 225),
      at(now, '60 * service_slo:cheer_slo_events:rate6h', 141.666667),
      at(now, '60 * service_slo:cheer_slo_events:rate1d', 110.416667),
      at(now, '60 * service_slo:cheer_slo_events:rate3d', 103.472222),
      at(now, '60 * service_slo:cheer_slo_bad_events:rate2h', 41.666667),
      at(now, '60 * service_slo:cheer_slo_bad_events:rate6h', 13.888889),
      at(now, '60 * service_slo:cheer_slo_bad_events:rate1d', 3.472222),
      at(now, '60 * service_slo:cheer_slo_bad_events:rate3d', 1.157407),
    ],
  },
];

const hours = 42 * 24;

/** By the hour: one point each, as the group has it. */
export const budgetCases: readonly QueryCase[] = [
  {
    name: 'bad events are counted one by one in each window',
    interval: '5m',
    series: {
      [events('good')]: bursts(...burstTimes.map((ago) => [ago, 1000] as const)),
      [events('bad')]: bursts(...burstTimes.map((ago, index) => [ago, 2 ** index] as const)),
      // Of another process, and of nobody.
      [events('bad').replace('"a"', '"b"')]: bursts([45, 1]),
      'cheer_slo_events_total{slo="delivery", result="bad"}': bursts([45, 1]),
      [events('good').replace('delivery', 'idle')]: bursts(),
      [events('bad').replace('delivery', 'idle')]: bursts(),
    },
    queries: [
      at(burstsEnd, 'service_slo:cheer_slo_bad_events:increase1h', 129),
      at(burstsEnd, 'service_slo:cheer_slo_bad_events:increase6h', 129 + 64 + 32),
      at(burstsEnd, 'service_slo:cheer_slo_bad_events:increase1d', 256 - 1 - 2 - 4),
      at(burstsEnd, 'service_slo:cheer_slo_bad_events:increase3d', 256 - 1),
      at(burstsEnd, 'service_slo:cheer_slo_hourly_bad_events:increase1h', 129),
      at(burstsEnd, 'service_slo:cheer_slo_hourly_events:increase1h', 1129),
      ...[
        ...['increase1h', 'increase6h', 'increase1d', 'increase3d'].map((of) => `slo_bad_events:${of}`),
        ...['slo_hourly_bad_events:increase1h', 'slo_hourly_events:increase1h'],
      ].map((name) => at(burstsEnd, `count(service_slo:cheer_${name})`, 2)),
      at(burstsEnd, 'service_slo:cheer_slo_bad_events_per_events:ratio_rate7d{slo="idle"}'),
      at(burstsEnd, 'service_slo:cheer_slo_bad_events_per_events:ratio_rate30d{slo="idle"}'),
    ],
  },
  {
    name: 'of a service that is two hours old the longest windows hold what the short ones do',
    interval: '5m',
    series: { [events('good')]: steps(0, [100, 24]), [events('bad')]: steps(0, [1, 24]) },
    queries: [
      ...['increase6h', 'increase1d', 'increase3d'].map((of) =>
        at(120, `service_slo:cheer_slo_bad_events:${of}`, 24),
      ),
    ],
  },
  {
    name: 'budgets are of 7 and 30 days, weighted by events',
    interval: '20m',
    series: budget(
      // 600 an hour; 40 days ago all were bad for a day, 20, 10 and 5 days ago for some hours each.
      [600, 0, 2 * 24],
      [0, 600, 24],
      [600, 0, 19 * 24],
      [0, 600, 12],
      [600, 0, 10 * 24 - 12],
      [0, 600, 3],
      [600, 0, 5 * 24 - 3],
      [0, 600, 6],
      [600, 0, 3 * 24 - 6],
      // A lull, of which no hour weighs as much as the others.
      [0, 60, 6],
      [600, 0, 2 * 24 - 6],
    ),
    queries: [
      ...[
        ['7d', (6 * 600 + 6 * 60) / (168 * 600 - 6 * 540)] as const,
        ['30d', (21 * 600 + 6 * 60) / (720 * 600 - 6 * 540)] as const,
      ].map(([days, share]) =>
        at(
          hours * 60,
          `service_slo:cheer_slo_bad_events_per_events:ratio_rate${days}`,
          Number(share.toFixed(6)),
        ),
      ),
    ],
  },
];

function budget(...phases: readonly (readonly [good: number, bad: number, hours: number])[]): Series {
  const of = (kind: 0 | 1): string =>
    steps(0, [0, 1], ...phases.map((phase) => [phase[kind] / 3, phase[2] * 3] as const));
  return {
    [events('good')]: of(0),
    [events('bad')]: of(1),
    [`cheer_slo_objective_ratio{${orders}}`]: gauge([0.99, hours * 3 + 1]),
  };
}
