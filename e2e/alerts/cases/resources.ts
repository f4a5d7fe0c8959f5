import type { AlertCase, Overrides } from '../alert-case';
import { gauge, steps, type Timeline } from '../series';

const of = { namespace: 'shop', service: 'orders' };
const pod = (more = ''): string => `{namespace="shop", service="orders", instance="a"${more}}`;
const cpu = `cpu_usage_ratio${pod()}`;
const memory = (kind: string): string => `memory_usage_bytes${pod(`, kind="${kind}"`)}`;
const lag = `event_loop_lag_seconds${pod()}`;
const free = `cheer_storage_free_bytes${pod(', volume="data"')}`;
const size = `cheer_storage_size_bytes${pod(', volume="data"')}`;

const pressure = {
  severity: 'warning',
  of: { ...of, instance: 'a' },
  for: 15,
  keep: 5,
  // The average knows it when all of its five minutes lie in the fault.
  noticedAfter: 5,
  dashboard: 'cheer-resources',
} as const;

/** Minutes: longer than the pace is reckoned over. */
const hours = 400;

/** Free space that shrinks by the same with each minute until the fault ends, and then is plenty. */
const shrinking = (from: number, by: number) => (time: Timeline) => ({
  [free]: `${steps(from, [-by, time.ends])} 50+0x20`,
});

const stray =
  (strays: (time: Timeline) => Overrides, ...own: readonly string[]) =>
  (time: Timeline): Overrides => ({
    ...Object.fromEntries(own.map((name) => [name, undefined])),
    ...strays(time),
  });

export const resourceCases: readonly AlertCase[] = [
  {
    alert: 'CheerCpuSaturated',
    ...pressure,
    fault: (time) => ({ [cpu]: time.level(0.5, 0.91) }),
    description: 'a of orders uses 91% of its CPU.',
    nearMisses: {
      'exactly 90 %': (time) => ({ [cpu]: time.level(0.5, 0.9) }),
      'of a series without a service': stray(
        (time) => ({ 'cpu_usage_ratio{instance="a"}': time.level(0.5, 1) }),
        cpu,
      ),
    },
  },
  {
    alert: 'CheerMemoryHigh',
    ...pressure,
    fault: (time) => ({
      [memory('rss')]: time.level(500, 910),
      [memory('heap_used')]: time.always(400),
      [memory('limit')]: time.always(1000),
    }),
    description: 'a of orders uses 91% of its memory limit.',
    nearMisses: {
      'exactly 90 %': (time) => ({ [memory('rss')]: time.level(500, 900) }),
      'no limit is known': (time) => ({ [memory('limit')]: time.always(0) }),
      'of series without a service': stray(
        (time) => ({
          'memory_usage_bytes{instance="a", kind="rss"}': time.level(500, 999),
          'memory_usage_bytes{instance="a", kind="limit"}': time.always(1000),
        }),
        memory('rss'),
        memory('limit'),
        memory('heap_used'),
      ),
    },
  },
  {
    alert: 'CheerEventLoopBlocked',
    ...pressure,
    fault: (time) => ({ [lag]: time.level(0.01, 0.51) }),
    description: 'The event loop of a of orders lags by 510ms (p99).',
    nearMisses: {
      'exactly half a second': (time) => ({ [lag]: time.level(0.01, 0.5) }),
      'of a series without a service': stray(
        (time) => ({ 'event_loop_lag_seconds{instance="a"}': time.level(0.01, 5) }),
        lag,
      ),
    },
  },
  {
    alert: 'CheerStorageFillingUp',
    severity: 'warning',
    of: { ...of, volume: 'data' },
    for: 60,
    keep: 15,
    begins: hours,
    dashboard: 'cheer-resources',
    // When it begins, a little less is left than will be gone in a day at this pace: 1440 x 0.0104.
    fault: (time) => ({ ...shrinking(14.97 + 0.0104 * (hours + 1), 0.0104)(time), [size]: time.always(100) }),
    description: '14.35% of the volume data of orders is free, and will be used within 24 hours.',
    alsoFires: {
      'it shrank hours ago': {
        series: () => ({ [free]: `${steps(60.02, [0, 130], [-0.375, 122], [0, 300])}` }),
        description: '14.27% of the volume data of orders is free, and will be used within 24 hours.',
      },
      'by the fuller of two': {
        series: (time) => ({
          ...Object.fromEntries(
            Object.entries(shrinking(13.97 + 0.0104 * (hours + 1), 0.0104)(time)).map(([name, values]) => [
              name.replace('"a"', '"b"'),
              values,
            ]),
          ),
          [size.replace('"a"', '"b"')]: time.always(100),
        }),
        description: '13.35% of the volume data of orders is free, and will be used within 24 hours.',
      },
    },
    nearMisses: {
      'it shrank, but not for six hours': () => ({ [free]: `${gauge([60, 20], [14, 480])}` }),
      'just above 15 %': shrinking(15.02 + 0.0106 * (hours + 90), 0.0106),
      'it will last for more than a day': shrinking(14.99 + 0.0098 * hours, 0.0098),
      'it does not change': (time) => ({ [free]: time.always(14) }),
      'of series without a service': stray(
        (time) => ({
          'cheer_storage_free_bytes{volume="data"}': steps(15.366, [-0.012, time.length]),
          'cheer_storage_size_bytes{volume="data"}': time.always(100),
        }),
        free,
        size,
      ),
    },
  },
  {
    alert: 'CheerStorageAlmostFull',
    severity: 'critical',
    of: { ...of, volume: 'data' },
    for: 5,
    keep: 15,
    dashboard: 'cheer-resources',
    fault: (time) => ({
      [free]: time.level(50, 4.9),
      [size]: time.always(100),
      [free.replace('"a"', '"b"')]: time.always(50),
      [size.replace('"a"', '"b"')]: time.always(100),
    }),
    description: '4.9% of the volume data of orders is free.',
    nearMisses: {
      'exactly 5 %': (time) => ({ [free]: time.level(50, 5) }),
      'of series without a service': stray(
        (time) => ({
          'cheer_storage_free_bytes{volume="data"}': time.level(50, 1),
          'cheer_storage_size_bytes{volume="data"}': time.always(100),
        }),
        free,
        size,
      ),
    },
  },
];
