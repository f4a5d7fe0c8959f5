import type { AlertCase, Overrides } from '../alert-case';
import type { Timeline } from '../series';

const of = { namespace: 'shop', service: 'orders' };
const orders = '{namespace="shop", service="orders"}';
const counter = (name: string, more: string): string =>
  `${name}{namespace="shop", service="orders", instance="a", ${more}}`;
const batches = counter('cheer_batches_total', 'traffic="real"');
const cheers = counter('cheer_cheers_total', 'traffic="real"');
const missed = (reason: string): string =>
  counter('cheer_missed_total', `reason="${reason}", traffic="real"`);
const ratio = `service:cheer_cheers_per_batches:ratio_rate5m${orders}`;
const inProcess = `service:cheer_condition:min${orders}`;
const green = `service:cheer_health:min${orders}`;
const recorded = `service:cheer_health_verdict:min${orders}`;
const disabled = `service:cheer_disabled:max${orders}`;

/** With each of them: nobody is told of the cheer of a service that has it switched off, and all are of another's. */
const killSwitch = {
  'switched off by health-cheer': (time: Timeline): Overrides => ({ [disabled]: time.always(1) }),
};
const otherSwitchedOff = (time: Timeline): Overrides => ({
  [disabled]: time.always(0),
  'service:cheer_disabled:max{namespace="shop", service="billing"}': time.always(1),
});

const common = { of, dashboard: 'cheer-overview' } as const;

export const meterCases: readonly AlertCase[] = [
  {
    ...common,
    alert: 'CheerLost',
    severity: 'critical',
    for: 5,
    keep: 5,
    // Ten minutes without a cheer must have passed.
    noticedAfter: 9,
    fault: (time) => ({
      [batches]: time.counter(10, 10),
      [counter('cheer_batches_total', 'traffic="synthetic"')]: time.counter(5, 5),
      [cheers]: time.counter(10, 0),
    }),
    description: 'orders has had 150 batches in 10 minutes and no cheer.',
    alsoFires: {
      'the cheer of another service is switched off': {
        series: otherSwitchedOff,
        description: 'orders has had 150 batches in 10 minutes and no cheer.',
      },
    },
    nearMisses: {
      ...killSwitch,
      'a cheer now and then': (time) => ({ [cheers]: time.counter(10, 0.125) }),
      'nothing to cheer about': (time) => ({
        [batches]: time.always(0),
        [counter('cheer_batches_total', 'traffic="synthetic"')]: undefined,
        [cheers]: time.always(0),
      }),
      'of series without a service': (time) => ({
        [batches]: undefined,
        [counter('cheer_batches_total', 'traffic="synthetic"')]: undefined,
        [cheers]: undefined,
        'cheer_batches_total{traffic="real"}': time.counter(10, 10),
      }),
      'it cheers, but for the batches of another': (time) => ({
        [batches]: undefined,
        [counter('cheer_batches_total', 'traffic="synthetic"')]: undefined,
        [cheers]: time.always(0),
      }),
    },
  },
  {
    ...common,
    alert: 'CheerMeterYellow',
    severity: 'info',
    for: 10,
    keep: 5,
    fault: (time) => ({ [ratio]: time.level(1, 0.989) }),
    description: 'orders cheers 98.9% of its batches.',
    alsoFires: {
      'down to 90 %': {
        series: (time) => ({ [ratio]: time.level(1, 0.9) }),
        description: 'orders cheers 90% of its batches.',
      },
      'the cheer of another service is switched off': {
        series: otherSwitchedOff,
        description: 'orders cheers 98.9% of its batches.',
      },
    },
    nearMisses: {
      ...killSwitch,
      'exactly 99 %': (time) => ({ [ratio]: time.level(1, 0.99) }),
      'it is red already': (time) => ({ [ratio]: time.level(1, 0.899) }),
    },
  },
  {
    ...common,
    alert: 'CheerMeterRed',
    severity: 'warning',
    for: 5,
    keep: 5,
    fault: (time) => ({ [ratio]: time.level(1, 0.899) }),
    description: 'orders cheers only 89.9% of its batches.',
    alsoFires: {
      'the cheer of another service is switched off': {
        series: otherSwitchedOff,
        description: 'orders cheers only 89.9% of its batches.',
      },
    },
    nearMisses: { ...killSwitch, 'exactly 90 %': (time) => ({ [ratio]: time.level(1, 0.9) }) },
  },
  {
    ...common,
    alert: 'CheerVerdictDisagrees',
    severity: 'info',
    for: 30,
    keep: 0,
    fault: (time) => ({
      [inProcess]: time.level(1, 0),
      [green]: time.level(1, 0),
      [recorded]: time.always(1),
    }),
    description: 'The conditions of orders say 0 in the process; the rules say otherwise.',
    alsoFires: {
      'only the rules see it': {
        series: (time) => ({
          [inProcess]: time.always(1),
          [green]: time.always(1),
          [recorded]: time.level(1, 0),
        }),
        description: 'The conditions of orders say 1 in the process; the rules say otherwise.',
      },
      'green in spite of a condition that fails': {
        series: (time) => ({
          [inProcess]: time.level(1, 0),
          [green]: time.always(1),
          [recorded]: time.level(1, 0),
        }),
        description: 'The conditions of orders say 1 in the process; the rules say otherwise.',
      },
      'the cheer of another service is switched off': {
        series: otherSwitchedOff,
        description: 'The conditions of orders say 0 in the process; the rules say otherwise.',
      },
    },
    nearMisses: {
      ...killSwitch,
      'both see it': (time) => ({ [recorded]: time.level(1, 0) }),
      'not green for a reason that is no condition': (time) => ({ [inProcess]: time.always(1) }),
      'another service has the other verdict': (time) => ({
        [recorded]: time.level(1, 0),
        'service:cheer_health_verdict:min{namespace="shop", service="billing"}': time.always(1),
      }),
    },
  },
  {
    ...common,
    alert: 'CheerAccountingBroken',
    severity: 'info',
    for: 30,
    keep: 0,
    fault: (time) => ({
      [batches]: time.level(1000, 1006),
      [cheers]: time.always(900),
      // Of one process all kinds of traffic count, and processes are judged one by one.
      [counter('cheer_batches_total', 'traffic="synthetic"')]: time.always(300),
      [counter('cheer_cheers_total', 'traffic="synthetic"')]: time.always(300),
      'cheer_batches_total{namespace="shop", service="orders", instance="b", traffic="real"}': time.always(7),
      'cheer_cheers_total{namespace="shop", service="orders", instance="b", traffic="real"}': time.always(7),
      'cheer_missed_total{namespace="shop", service="orders", instance="b", traffic="real"}': time.always(0),
      [missed('latency')]: time.always(60),
      [missed('timeout')]: time.always(40),
    }),
    description: 'In a process of orders they differ by 6.',
    alsoFires: {
      'more outcomes than batches': {
        series: (time) => ({ [batches]: time.level(1000, 994) }),
        description: 'In a process of orders they differ by 6.',
      },
      'the cheer of another service is switched off': {
        series: otherSwitchedOff,
        description: 'In a process of orders they differ by 6.',
      },
    },
    nearMisses: {
      ...killSwitch,
      'five, as within a scrape': (time) => ({ [batches]: time.level(1000, 1005) }),
      'of series without a service': (time) => ({
        [batches]: undefined,
        [cheers]: undefined,
        [missed('latency')]: undefined,
        [missed('timeout')]: undefined,
        'cheer_batches_total{instance="a", traffic="real"}': time.always(1000),
        'cheer_cheers_total{instance="a", traffic="real"}': time.always(0),
        'cheer_missed_total{instance="a", traffic="real", reason="latency"}': time.always(0),
      }),
    },
  },
];
