import type { AlertCase } from '../alert-case';

const of = { namespace: 'shop', service: 'orders' };
const track = (name: string, slo = ''): string =>
  `{namespace="shop", service="orders"${slo}, track="${name}"}`;
const delivery = ', slo="delivery"';
const bad = 'service_track:cheer_slo_bad_events_per_events:ratio_rate10m';
const count = 'service_track:cheer_slo_bad_events:increase10m';
const p95 = 'service_track:cheer_latency_seconds:p95_rate10m';

export const canaryCases: readonly AlertCase[] = [
  {
    alert: 'CheerCanaryErrorRegression',
    severity: 'critical',
    of: { ...of, slo: 'delivery' },
    for: 5,
    keep: 5,
    dashboard: 'cheer-releases',
    fault: (time) => ({
      [bad + track('canary', delivery)]: time.level(0.01, 0.0251),
      [bad + track('stable', delivery)]: time.always(0.01),
      [count + track('canary', delivery)]: time.level(0, 5),
      [count + track('stable', delivery)]: time.always(0),
    }),
    description: 'The canary of orders fails 2.51% of the events of delivery.',
    nearMisses: {
      'twice as bad and half a per cent': (time) => ({
        [bad + track('canary', delivery)]: time.level(0.01, 0.025),
      }),
      'four bad events': (time) => ({
        [count + track('canary', delivery)]: time.level(0, 4.9),
        [count + track('stable', delivery)]: time.always(50),
      }),
      'stable is as bad': (time) => ({ [bad + track('stable', delivery)]: time.level(0.01, 0.0251) }),
      'it is a preview': (time) => ({
        [bad + track('canary', delivery)]: undefined,
        [bad + track('preview', delivery)]: time.level(0.01, 1),
        [count + track('preview', delivery)]: time.level(0, 50),
      }),
    },
  },
  {
    alert: 'CheerCanaryLatencyRegression',
    severity: 'warning',
    of,
    for: 10,
    keep: 5,
    dashboard: 'cheer-releases',
    fault: (time) => ({
      [p95 + track('canary')]: time.level(0.1, 0.126),
      [p95 + track('stable')]: time.always(0.1),
    }),
    description: 'The P95 of the canary of orders is 126ms.',
    nearMisses: {
      'a quarter slower': (time) => ({ [p95 + track('canary')]: time.level(0.1, 0.125) }),
      'stable is as slow': (time) => ({ [p95 + track('stable')]: time.level(0.1, 0.126) }),
      'it is a preview': (time) => ({
        [p95 + track('canary')]: undefined,
        [p95 + track('preview')]: time.level(0.1, 1),
      }),
    },
  },
];
