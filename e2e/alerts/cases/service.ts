import type { AlertCase } from '../alert-case';
import { steps } from '../series';

const of = { namespace: 'shop', service: 'orders' };
const orders = '{namespace="shop", service="orders"}';
const target = (slo: string): string =>
  `cheer_latency_target_seconds{namespace="shop", service="orders", instance="a", slo="${slo}"}`;
const events = (result: string): string =>
  `cheer_slo_events_total{namespace="shop", service="orders", instance="a", slo="delivery", result="${result}"}`;
const errorRate = 'service:cheer_error_rate:ratio_rate5m';
const p95 = 'service:cheer_latency_seconds:p95_rate5m';
const pods = 'service:cheer_build_info:count';
const process = 'cheer_build_info{namespace="shop", service="orders", instance="a", version="1.0.0"}';
const up = (instance: string): string => `up{namespace="shop", service="orders", instance="${instance}"}`;
/** Minutes: so long that what was seen at the beginning is forgotten. */
const sixHoursAndMore = 380;
/** Steps of five minutes until the same time of the next day, and one hour. */
const dayAndHour = 300;

export const serviceCases: readonly AlertCase[] = [
  {
    alert: 'CheerErrorRateHigh',
    severity: 'warning',
    of,
    for: 5,
    keep: 5,
    dashboard: 'cheer-overview',
    fault: (time) => ({ [errorRate + orders]: time.level(0.001, 0.0102) }),
    description: 'orders fails 1.02% of what it is asked.',
    nearMisses: { 'exactly one per cent': (time) => ({ [errorRate + orders]: time.level(0.001, 0.01) }) },
  },
  {
    alert: 'CheerLatencyP95High',
    severity: 'warning',
    of,
    for: 10,
    keep: 5,
    dashboard: 'cheer-overview',
    fault: (time) => ({
      [p95 + orders]: time.level(0.05, 0.122),
      [target('ingest-latency')]: time.always(0.12),
      // Of another kind of time: it must not be taken for the limit.
      [target('delivery')]: time.always(1),
    }),
    description: 'The P95 of orders is 122ms, above its target.',
    nearMisses: {
      'within the greatest of its targets': (time) => ({ [target('grpc-latency')]: time.always(0.2) }),
      'exactly at the target': (time) => ({ [p95 + orders]: time.level(0.05, 0.12) }),
      'of a series without a service': (time) => ({
        [p95 + orders]: undefined,
        [target('ingest-latency')]: undefined,
        [`${p95}{job="x"}`]: time.level(0.05, 0.2),
        'cheer_latency_target_seconds{job="x", slo="ingest-latency"}': time.always(0.12),
      }),
    },
  },
  {
    alert: 'CheerNoTraffic',
    severity: 'warning',
    of,
    for: 15,
    keep: 0,
    step: 5,
    begins: dayAndHour,
    // Fifteen minutes without an event must have passed.
    noticedAfter: 2,
    dashboard: 'cheer-pipeline',
    fault: (time) => ({ [events('good')]: time.counter(2.4375, 0), [events('bad')]: time.counter(1, 0) }),
    description: 'orders has had no event for 15 minutes, and had some at this time yesterday.',
    nearMisses: {
      'hardly any traffic yesterday': (time) => ({ [events('good')]: time.counter(2.25, 0) }),
      'exactly ten events yesterday': (time) => ({
        [events('good')]: Array.from({ length: time.length }, (_, step) =>
          Math.floor((Math.min(step, time.begins - 1) * 10) / 3),
        ).join(' '),
        [events('bad')]: time.always(0),
      }),
      'a trickle is left': (time) => ({ [events('good')]: time.counter(4, 0.125) }),
      'it had none at this time yesterday': () => ({
        [events('good')]: steps(0, [0, 40], [4, 260], [0, 60]),
        [events('bad')]: undefined,
      }),
      'of a series without a service': (time) => ({
        [events('good')]: undefined,
        [events('bad')]: undefined,
        'cheer_slo_events_total{job="x", slo="delivery", result="good"}': time.counter(4, 0),
      }),
    },
  },
  {
    alert: 'CheerTargetDown',
    severity: 'warning',
    of: { ...of, instance: 'a' },
    for: 5,
    keep: 0,
    begins: sixHoursAndMore,
    dashboard: 'cheer-resources',
    fault: (time) => ({
      [up('a')]: time.level(1, 0),
      // Another job finds it: that one does not is worth a word.
      [up('a').replace('}', ', job="other"}')]: time.always(1),
      [up('b')]: time.always(1),
      [pods + orders]: time.level(2, 1),
    }),
    description: 'a of orders has not answered for 5 minutes.',
    alsoFires: {
      'all of the service': {
        series: (time) => ({ [pods + orders]: time.gone(2) }),
        description: 'a of orders has not answered for 5 minutes.',
      },
      'seen almost six hours ago': {
        series: () => ({ [pods + orders]: '2+0x30 stale _x400' }),
        description: 'a of orders has not answered for 5 minutes.',
      },
    },
    nearMisses: {
      'nobody has seen it for six hours': () => ({ [pods + orders]: '2+0x10 stale _x400' }),
      'the service does not use the kit': () => ({ [pods + orders]: undefined }),
      'another service uses the kit': (time) => ({
        [pods + orders]: undefined,
        [`${pods}{namespace="shop", service="billing"}`]: time.always(1),
      }),
      'of a target without a service': (time) => ({
        [up('a')]: undefined,
        [up('a').replace('}', ', job="other"}')]: undefined,
        'up{instance="a"}': time.level(1, 0),
        [`${pods}{job="x"}`]: time.always(1),
      }),
    },
  },
  {
    alert: 'CheerServiceAbsent',
    severity: 'critical',
    of,
    for: 5,
    keep: 0,
    begins: sixHoursAndMore,
    dashboard: 'cheer-resources',
    fault: (time) => ({ [pods + orders]: time.gone(3), [process]: time.gone(1) }),
    description:
      'None of the 3 processes of orders that were there within 6 hours has answered for 5 minutes.',
    alsoFires: {
      'seen almost six hours ago': {
        series: () => ({ [pods + orders]: '3+0x30 stale _x400', [process]: '1+0x30 stale _x400' }),
        description:
          'None of the 3 processes of orders that were there within 6 hours has answered for 5 minutes.',
      },
    },
    nearMisses: {
      'nobody has seen it for six hours': () => ({
        [pods + orders]: '3+0x10 stale _x400',
        [process]: '1+0x10 stale _x400',
      }),
      'another service is there': (time) => ({
        [`${pods}{namespace="shop", service="billing"}`]: time.always(1),
        [process.replace('orders', 'billing')]: time.always(1),
        [pods + orders]: time.always(3),
        [process]: time.always(1),
      }),
      'one process is left': (time) => ({ [pods + orders]: time.level(3, 1), [process]: time.always(1) }),
      'what is recorded comes late': (time) => ({ [process]: time.always(1) }),
      'of a series without a service': (time) => ({
        [pods + orders]: undefined,
        [process]: undefined,
        [`${pods}{job="x"}`]: time.gone(3),
      }),
      'it never was there': () => ({ [pods + orders]: undefined, [process]: undefined }),
    },
  },
];
