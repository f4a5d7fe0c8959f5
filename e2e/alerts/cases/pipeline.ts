import type { AlertCase } from '../alert-case';
import { gauge, steps } from '../series';

const of = { namespace: 'shop', service: 'orders' };
const pod = (instance: string, more = ''): string =>
  `{namespace="shop", service="orders", instance="${instance}"${more}}`;
const breaker = (instance: string, state: string): string =>
  `cheer_breaker_state${pod(instance, `, downstream="kafka", state="${state}"`)}`;
const age = `cheer_queue_oldest_age_seconds${pod('a', ', queue="outbox"')}`;
const ageTarget = `cheer_queue_age_target_seconds${pod('a', ', queue="outbox"')}`;
const saturation = (queue: string): string =>
  `service_queue:cheer_queue_saturation:max{namespace="shop", service="orders", queue="${queue}"}`;
const quarantined = (reason: string): string => `cheer_quarantined_total${pod('a', `, reason="${reason}"`)}`;
const inQuarantine = `cheer_quarantined_events${pod('a')}`;

export const pipelineCases: readonly AlertCase[] = [
  {
    alert: 'CheerBreakerOpenTooLong',
    severity: 'critical',
    of: { ...of, downstream: 'kafka' },
    for: 5,
    keep: 2,
    // The average knows it when all of its five minutes lie in the fault.
    noticedAfter: 5,
    dashboard: 'cheer-pipeline',
    fault: (time) => ({
      [breaker('a', 'closed')]: time.level(1, 0.49),
      [breaker('a', 'open')]: time.level(0, 0.51),
      // Each process has a breaker of its own: those that are well hide none that is not.
      [breaker('b', 'closed')]: time.always(1),
    }),
    description: 'The breaker of kafka in orders was not closed for 51% of the last 5 minutes.',
    alsoFires: {
      'half open all the time': {
        series: (time) => ({
          [breaker('a', 'closed')]: time.level(1, 0),
          [breaker('a', 'open')]: time.always(0),
          [breaker('a', 'half_open')]: time.level(0, 1),
        }),
        description: 'The breaker of kafka in orders was not closed for 100% of the last 5 minutes.',
      },
    },
    nearMisses: {
      'closed for half of the time': (time) => ({ [breaker('a', 'closed')]: time.level(1, 0.5) }),
      'of a series without a service': (time) => ({
        [breaker('a', 'closed')]: time.always(1),
        'cheer_breaker_state{downstream="kafka", state="closed"}': time.level(1, 0),
      }),
    },
  },
  {
    alert: 'CheerBacklogAgeHigh',
    severity: 'warning',
    of: { ...of, queue: 'outbox' },
    for: 5,
    keep: 5,
    dashboard: 'cheer-pipeline',
    fault: (time) => ({ [age]: time.level(0.1, 3.01), [ageTarget]: time.always(3) }),
    description: 'The oldest item of queue outbox in orders has waited for 3.01s.',
    alsoFires: {
      'in two processes, by the older': {
        series: (time) => ({
          [`cheer_queue_oldest_age_seconds${pod('b', ', queue="outbox"')}`]: time.level(0.1, 4),
          [`cheer_queue_age_target_seconds${pod('b', ', queue="outbox"')}`]: time.always(3),
        }),
        description: 'The oldest item of queue outbox in orders has waited for 4s.',
      },
    },
    nearMisses: {
      'exactly as old as it may be': (time) => ({ [age]: time.level(0.1, 3) }),
      'waiting is no fault in this queue': () => ({ [ageTarget]: undefined }),
      'of series without a service': (time) => ({
        [age]: undefined,
        'cheer_queue_oldest_age_seconds{queue="outbox"}': time.level(0.1, 100),
        'cheer_queue_age_target_seconds{queue="outbox"}': time.always(3),
      }),
    },
  },
  {
    alert: 'CheerQueueSaturated',
    severity: 'critical',
    of: { ...of, queue: 'outbox' },
    for: 5,
    keep: 5,
    dashboard: 'cheer-pipeline',
    // It refuses from 85 % on, and so is never fuller.
    fault: (time) => ({ [saturation('outbox')]: time.level(0.2, 0.81) }),
    description: 'Queue outbox of orders is 81% full.',
    nearMisses: {
      'exactly 80 % full': (time) => ({ [saturation('outbox')]: time.level(0.2, 0.8) }),
      'a queue that can be full': (time) => ({
        [saturation('outbox')]: undefined,
        [saturation('publish')]: time.level(0.2, 0.85),
      }),
    },
  },
  {
    alert: 'CheerQueueSaturated',
    severity: 'critical',
    of: { ...of, queue: 'commit' },
    for: 5,
    keep: 5,
    dashboard: 'cheer-pipeline',
    fault: (time) => ({ [saturation('commit')]: time.level(0.2, 0.91) }),
    description: 'Queue commit of orders is 91% full.',
    nearMisses: { 'exactly 90 % full': (time) => ({ [saturation('commit')]: time.level(0.2, 0.9) }) },
  },
  {
    alert: 'CheerQuarantineGrowing',
    severity: 'warning',
    of,
    for: 15,
    keep: 15,
    // At 0.375 a minute more than ten are there after 27 minutes.
    noticedAfter: 26,
    forgottenAfter: 3,
    dashboard: 'cheer-pipeline',
    fault: (time) => ({
      [quarantined('schema')]: time.counter(0, 0.25),
      [quarantined('lookup')]: time.counter(0, 0.125),
      [inQuarantine]: time.counter(0, 0.375),
    }),
    // When it fires, the window lies within the fault: 30 x 0.375, or 11.25.
    description: 'orders has quarantined 11 events in 30 minutes.',
    alsoFires: {
      'after much was replayed half an hour ago': {
        series: () => ({ [inQuarantine]: `${gauge([100, 5], [0, 5])} ${steps(0, [0.375, 80])}` }),
        description: 'orders has quarantined 11 events in 30 minutes.',
      },
    },
    nearMisses: {
      'exactly ten in half an hour': (time) => ({
        [quarantined('schema')]: Array.from({ length: time.length }, (_, step) =>
          Math.max(0, Math.floor((step - 10) / 3)),
        ).join(' '),
        [quarantined('lookup')]: time.always(0),
      }),
      'more was replayed within half an hour': () => ({
        [inQuarantine]: `${gauge([100, 35])} ${steps(0, [0.375, 60])}`,
      }),
      'another process replays more': (time) => ({
        [`cheer_quarantined_events${pod('b')}`]: steps(500, [-1, time.length]),
      }),
      'ten in half an hour': (time) => ({ [quarantined('lookup')]: time.counter(0, 0.078125) }),
      'as many are replayed': (time) => ({ [inQuarantine]: time.always(7) }),
      'it is another service that fills its quarantine': (time) => ({
        [inQuarantine]: time.always(0),
        'cheer_quarantined_events{namespace="shop", service="billing", instance="a"}': time.counter(0, 1),
      }),
      'of series without a service': (time) => ({
        [quarantined('schema')]: undefined,
        [quarantined('lookup')]: undefined,
        [inQuarantine]: undefined,
        'cheer_quarantined_total{reason="schema"}': time.counter(0, 10),
        'cheer_quarantined_events{job="x"}': time.counter(0, 10),
      }),
    },
  },
];
