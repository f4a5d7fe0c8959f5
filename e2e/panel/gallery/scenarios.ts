import { type FixtureFrame, series, withNumbers, withRows } from './frame';
import { type Chapter, serviceFrames } from './service-frames';

/** End of the time range of all scenarios, epoch ms. */
export const end = Date.UTC(2026, 10, 20, 9, 30);
/** Begin of it. */
export const start = end - 3_600_000;

const step = 15_000;
const minute = 60_000;

const well: Chapter = {
  minutes: 60,
  state: 'green',
  score: 97,
  budgets: { 'ingest-availability': 0.97, 'ingest-latency': 0.84, delivery: 0.91 },
};
const lasting = (minutes: number): Chapter => ({ ...well, minutes });

const hurt: Chapter = {
  minutes: 9,
  state: 'yellow',
  score: 63,
  failing: ['breakers', 'age'],
  misses: { downstream: 8, timeout: 4 },
  budgets: { delivery: 0.41 },
};
const down: Chapter = {
  minutes: 7,
  state: 'red',
  score: 12,
  failing: ['breakers', 'age', 'saturation', 'error_budget'],
  misses: { timeout: 16, error: 8 },
  budgets: { delivery: 0, 'ingest-availability': 0.06 },
};

/** How an hour went that ended in each state. */
export const stories = {
  green: [well],
  yellow: [lasting(51), hurt],
  red: [lasting(44), hurt, down],
  warming: [{ minutes: 2, state: 'warming' }],
  disabled: [lasting(48), { minutes: 12, state: 'disabled' }],
  recovered: [lasting(40), hurt, down, { ...hurt, minutes: 3 }, { ...well, minutes: 1 }],
} as const satisfies Record<string, readonly Chapter[]>;

export type Ending = keyof typeof stories;

interface Service {
  readonly name: string;
  readonly ending: Ending;
  readonly labels?: Readonly<Record<string, string>>;
  /** Its data end so long before the range does. */
  readonly silentMs?: number;
  readonly stepMs?: number;
  readonly seed?: number;
}

export function service({
  name,
  ending,
  labels,
  silentMs = 0,
  stepMs = step,
  seed,
}: Service): FixtureFrame[] {
  return serviceFrames({
    labels: { service: name, namespace: 'shop', job: name, instance: '10.0.3.7:9464', ...labels },
    chapters: stories[ending],
    end: end - silentMs,
    step: stepMs,
    ...(seed === undefined ? {} : { seed }),
  });
}

const times = (stepMs = step): number[] =>
  Array.from({ length: 3_600_000 / stepMs }, (_, row) => start + (row + 1) * stepMs);

/** A gauge that nobody of this project named. */
function gauge(
  metric: string,
  of: string,
  value: (row: number) => number | null,
  more: Readonly<Record<string, string>> = {},
): FixtureFrame {
  const at = times();
  const labels = { __name__: metric, app: of, ...more };
  return series({ labels, times: at, values: at.map((_, row) => value(row)), step });
}

/** As when the query is named after the role. */
const asScores = (frames: readonly FixtureFrame[]): FixtureFrame[] =>
  frames.map((frame) => ({ ...frame, refId: 'score' }));

const orders = (ending: Ending): FixtureFrame[] => service({ name: 'orders', ending });

/** Every number changed, times aside; only in series of this metric when one is named. */
function withValues(
  frames: readonly FixtureFrame[],
  change: (value: number, row: number) => number | null,
  metric?: string,
): FixtureFrame[] {
  const isMeant = ({ fields }: FixtureFrame): boolean =>
    metric === undefined || fields.some(({ labels }) => labels?.['__name__'] === metric);
  return frames.map((frame) => (isMeant(frame) ? withNumbers(frame, change) : frame));
}

const towns = [
  'orders',
  'payments',
  'stock',
  'search',
  'mail',
  'prices',
  'carts',
  'users',
  'ledger',
  'routes',
];
const suffixes = ['api', 'worker', 'sync', 'edge', 'index', 'relay', 'feed', 'batch', 'cache', 'admin'];
const teams = ['checkout', 'catalogue', 'platform', 'logistics', 'accounts', 'insight', 'partners', 'mobile'];

/** One in twenty is red, one in eight yellow, and so on: as on a day with a problem. */
function endingOf(index: number): { ending: Ending; silentMs?: number } {
  if (index % 20 === 7) return { ending: 'red' };
  if (index % 8 === 3) return { ending: 'yellow' };
  if (index % 31 === 12) return { ending: 'green', silentMs: 6 * minute };
  if (index % 29 === 10) return { ending: 'warming' };
  if (index % 37 === 9) return { ending: 'disabled' };
  return { ending: 'green' };
}

/** So many services with names, teams and stories of their own. `stepMs` between points. */
export function fleet(count: number, stepMs = minute): FixtureFrame[] {
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / 100);
    const town = towns[index % 10] ?? '';
    const suffix = suffixes[Math.floor(index / 10) % 10] ?? '';
    const name = index < 10 ? town : `${town}-${suffix}${round > 0 ? `-${round + 1}` : ''}`;
    const team = teams[index % teams.length] ?? '';
    return service({ name, labels: { team }, stepMs, seed: index, ...endingOf(index) });
  }).flat();
}

const longName =
  'checkout-payment-authorisation-and-capture-orchestrator-with-fraud-screening-eu-central-1-blue-canary';

/** Named sets of frames: what a panel is shown. */
export const scenarios = {
  green: () => orders('green'),
  yellow: () => orders('yellow'),
  red: () => orders('red'),
  warming: () => orders('warming'),
  disabled: () => orders('disabled'),
  stale: () => service({ name: 'orders', ending: 'yellow', silentMs: 7 * minute }),
  recovered: () => orders('recovered'),
  'no data': () => [],
  'no points': () => orders('green').map((frame) => withRows(frame, 0, 0)),
  'wrong data': () => [
    {
      refId: 'A',
      fields: [
        { name: 'host', type: 'string', values: ['web-1', 'web-2'] },
        { name: 'version', type: 'string', values: ['1.9.2', '1.9.3'] },
      ],
    },
  ],
  'foreign metric': () => [
    gauge('node_cpu_seconds_total', 'node', (row) => 1_000 + row * 14.2, { mode: 'idle' }),
  ],
  twelve: () => fleet(12, step),
  'twelve, all green': () =>
    towns.concat(suffixes.slice(0, 2)).flatMap((name, seed) => service({ name, seed, ending: 'green' })),
  'two hundred': () => fleet(200),
  'long name': () => service({ name: longName, ending: 'yellow' }),
  'long names': () =>
    [longName, `${longName}-2`, 'a', 'ÅÄÖ-ﬀ-漢字サービス', 'x'.repeat(180), 'orders'].flatMap((name, index) =>
      service({ name, seed: index, ending: index % 2 === 0 ? 'yellow' : 'green' }),
    ),
  'right to left': () =>
    ['خدمة الطلبات', 'שירות תשלומים', 'orders (طلبات)'].flatMap((name, seed) =>
      service({ name, seed, ending: seed === 0 ? 'red' : 'green' }),
    ),
  'right to left, one': () => service({ name: 'خدمة الطلبات', ending: 'yellow' }),
  nan: () => withValues(orders('yellow'), () => NaN),
  'nan at the end': () => withValues(orders('green'), (value, row) => (row > 230 ? NaN : value)),
  infinities: () => withValues(orders('green'), (_, row) => (row % 2 === 0 ? Infinity : -Infinity)),
  gaps: () => withValues(orders('yellow'), (value, row) => (row % 60 > 40 ? null : value)),
  negative: () => withValues(orders('red'), (value) => -3 * value - 1, 'cheer_error_budget_remaining_ratio'),
  'negative score': () => withValues(orders('yellow'), (value) => -value, 'cheer_score'),
  millions: () =>
    withValues(
      withValues(orders('green'), (value) => value * 48_216, 'cheer_cheers_total'),
      (value, row) => value + row * 31_007,
      'cheer_missed_total',
    ),
  "stranger's 0..1": () =>
    asScores([
      gauge('checkout_success_ratio', 'checkout', (row) => 0.86 + 0.1 * Math.sin(row / 20)),
      gauge('checkout_success_ratio', 'search', (row) => 0.62 + 0.1 * Math.sin(row / 25)),
      gauge('checkout_success_ratio', 'mail', (row) => 0.31 + 0.1 * Math.sin(row / 33)),
    ]),
  "stranger's 0..100": () =>
    asScores([
      gauge('happiness_percent', 'checkout', (row) => 91 + 5 * Math.sin(row / 20)),
      gauge('happiness_percent', 'search', (row) => 66 + 9 * Math.sin(row / 25)),
      gauge('happiness_percent', 'mail', (row) => 22 + 9 * Math.sin(row / 33)),
    ]),
  "stranger's, one": () =>
    asScores([gauge('happiness_percent', 'checkout', (row) => 71 + 5 * Math.sin(row / 20))]),
  "stranger's, unmapped": () => [gauge('happiness_percent', 'checkout', () => 71)],
  'many pods': () =>
    [0, 1, 2].flatMap((pod) =>
      service({
        name: 'orders',
        labels: { instance: `10.0.3.${pod}:9464`, pod: `orders-${pod}` },
        ending: pod === 1 ? 'yellow' : 'green',
        seed: pod,
      }),
    ),
  'same name, two namespaces': () =>
    ['shop', 'shop-staging'].flatMap((namespace, seed) =>
      service({ name: 'orders', labels: { namespace }, ending: seed === 0 ? 'green' : 'red', seed }),
    ),
  instant: () => orders('yellow').map((frame) => withRows(frame, -1)),
} as const satisfies Record<string, () => FixtureFrame[]>;

export type ScenarioName = keyof typeof scenarios;
