import type { QueryCase, QueryCheck } from '../promtool-file';
import { gauge, steps, type Phase, type Series } from '../series';
import { at, burning } from './query';

/*
 * Burn alerts from the counters of processes to what people are told. Of 99.9 % the budget is 0.1 %: a share r of bad events
 * burns r / 0.001 times too fast, and a window of w minutes is above the factor f after f * 0.001 * w / r minutes.
 */

const minBadEvents = 10;

/** The series of one process: events a minute of each kind, in phases. */
function pod(good: string, bad: string, length: number, more = 'service="orders", instance="a"'): Series {
  const labels = `namespace="shop", ${more}, slo="delivery"`;
  return {
    [`cheer_slo_events_total{${labels}, result="good"}`]: good,
    [`cheer_slo_events_total{${labels}, result="bad"}`]: bad,
    [`cheer_slo_objective_ratio{${labels}}`]: gauge([0.999, length]),
    [`cheer_slo_min_bad_events{${labels}}`]: gauge([minBadEvents, length]),
  };
}

/** A fault of 1,000 events a minute, and when a tier takes notice. All in minutes. */
interface Edge {
  readonly tier: string;
  readonly badOfThousand: number;
  /** Minutes of good events before: longer than the long window. */
  readonly begins: number;
  readonly noticedAfter: number;
  /** After the end of the fault: when the short window is no longer above the factor. */
  readonly forgottenAfter: number;
  readonly wait: number;
  readonly keep: number;
  /** How often rules are evaluated. */
  readonly every: number;
  /** Tiers that never say a word: the fault is too slow for them. */
  readonly silent: readonly string[];
}

/** The fault goes on for ten evaluations after it was told. */
function edge(name: string, { tier, badOfThousand, begins, wait, keep, every, ...notice }: Edge): QueryCase {
  const pending = begins + notice.noticedAfter;
  const fires = pending + wait;
  const ends = fires + 10 * every;
  const over = ends + notice.forgottenAfter;
  const length = over + keep + 2 * every;
  const phases = (well: number, faulty: number): Phase[] => [
    [well, begins + 1],
    [faulty, ends - begins],
    [well, length - ends],
  ];
  return {
    name,
    interval: '1m',
    series: pod(
      steps(0, ...phases(1000, 1000 - badOfThousand)),
      steps(0, ...phases(0, badOfThousand)),
      length,
    ),
    queries: [
      burning(pending - every, tier),
      burning(pending, tier, 'pending'),
      burning(fires - every, tier, 'pending'),
      burning(fires, tier, 'firing'),
      burning(over + keep - every, tier, 'firing'),
      burning(over + keep, tier),
      ...notice.silent.flatMap((other) => [pending, fires, ends].map((minute) => burning(minute, other))),
    ],
  };
}

const hour = 70;
/** Ten per cent are bad from the end of the first hour on: noticed after 14.4 * 0.001 * 60 / 0.1 = 8.64 minutes. */
const fault: readonly Phase[] = [
  [0, hour + 1],
  [100, 30],
];
const rest: readonly Phase[] = [
  [1000, hour + 1],
  [900, 30],
];
const length = hour + 31;
const noticed: readonly QueryCheck[] = [
  burning(hour + 8, 'fast'),
  burning(hour + 9, 'fast', 'pending'),
  burning(hour + 10, 'fast', 'pending'),
  burning(hour + 11, 'fast', 'firing'),
];

/** A counter that begins anew after so many steps. */
function restarted(after: number, phases: readonly Phase[]): string {
  let left = after;
  const before = phases.map(([by, count]): Phase => {
    const taken = Math.min(left, count);
    left -= taken;
    return [by, taken];
  });
  const later = phases.map(([by, count], index): Phase => [by, count - (before[index]?.[1] ?? 0)]);
  return `${steps(0, ...before)} ${steps(0, ...later)}`;
}

/** A counter that is not scraped for so many minutes after `last`, and goes on meanwhile. */
function unseen(last: number, minutes: number, phases: readonly Phase[]): string {
  let value = 0;
  const values = phases.flatMap(([by, count]) => Array.from({ length: count }, () => (value += by)));
  return values.map((each, minute) => (minute > last && minute <= last + minutes ? '_' : each)).join(' ');
}

/** Minute of the last scrape before a gap, when the alert has fired. */
const lastScrape = hour + 13;

const minutes: readonly QueryCase[] = [
  edge('fast: 10 % bad, above the factor over 1 h after 8.64 minutes', {
    ...{ tier: 'fast', badOfThousand: 100, begins: hour, noticedAfter: 9 },
    // Over 5 minutes it is above while more than 0.72 of them were bad.
    ...{ forgottenAfter: 5, wait: 2, keep: 5, every: 1, silent: [] },
  }),
  edge('medium: 1.3 % bad, above the factor over 6 h after 166.2 minutes', {
    ...{ tier: 'medium', badOfThousand: 13, begins: 400, noticedAfter: 167 },
    // Over 30 minutes it is above while more than 13.85 of them were bad.
    ...{ forgottenAfter: 17, wait: 5, keep: 15, every: 1, silent: ['fast'] },
  }),
  {
    name: 'a cold start: bad from the first event, and told when there were ten, not when an hour of them is projected',
    interval: '1m',
    series: pod(gauge([0, 20]), steps(0, [3, 20]), 20),
    queries: [
      at(2, 'service_slo:cheer_slo_bad_events:increase1h', 9),
      at(2, 'service_slo:cheer_burn_rate:1h', 1000),
      burning(2, 'fast'),
      at(3, 'service_slo:cheer_slo_bad_events:increase1h', 12),
      burning(3, 'fast', 'pending'),
      burning(5, 'fast', 'firing'),
    ],
  },
  {
    name: 'low traffic: six bad events in an hour, and nothing else, are not told; ten in six hours are',
    interval: '1m',
    series: pod(
      gauge([0, 130]),
      Array.from({ length: 130 }, (_, minute) => Math.floor(minute / 10)).join(' '),
      130,
    ),
    queries: [
      at(99, 'service_slo:cheer_burn_rate:6h', 1000),
      burning(99, 'medium'),
      burning(100, 'medium', 'pending'),
      burning(105, 'medium', 'firing'),
      ...[30, 60, 100, 120].map((minute) => burning(minute, 'fast')),
    ],
  },
  {
    name: 'a process that restarts in the middle of a fault changes nothing',
    interval: '1m',
    series: pod(restarted(hour + 5, rest), restarted(hour + 5, fault), length),
    queries: noticed,
  },
  {
    name: 'restarts alone burn nothing',
    interval: '1m',
    series: pod(
      restarted(hour + 5, [[1000, length]]),
      `${steps(50, [0, hour + 5])} ${gauge([0, length - hour - 5])}`,
      length,
    ),
    queries: [5, 6, 10, 20].map((after) => at(hour + after, 'service_slo:cheer_burn_rate:1h', 0)),
  },
  {
    name: 'three scrapes that are missed change nothing',
    interval: '1m',
    series: pod(unseen(hour + 5, 3, rest), unseen(hour + 5, 3, fault), length),
    queries: noticed,
  },
  {
    name: 'eight missed scrapes, with limits and all: the rates are gone for five minutes, and the alert is kept',
    interval: '1m',
    series: Object.fromEntries(
      Object.entries(pod(unseen(lastScrape, 8, rest), unseen(lastScrape, 8, fault), length)).map(
        ([name, values]) => [
          name,
          name.startsWith('cheer_slo_events')
            ? values
            : values.replace(/^(\S+)\+0x\d+$/, `$1+0x${lastScrape} _x8 $1+0x${length - lastScrape - 10}`),
        ],
      ),
    ),
    queries: [
      burning(lastScrape, 'fast', 'firing'),
      at(lastScrape + 5, 'service_slo:cheer_burn_rate:5m'),
      at(lastScrape + 9, 'service_slo:cheer_burn_rate:5m'),
      at(lastScrape + 9, 'service_slo:cheer_slo_objective_ratio:max', 0.999),
      burning(lastScrape + 9, 'fast', 'firing'),
      at(lastScrape + 10, 'service_slo:cheer_burn_rate:5m', 100),
      burning(lastScrape + 10, 'fast', 'firing'),
    ],
  },
  {
    name: 'processes of a service are one, and services are each their own',
    interval: '1m',
    series: {
      // One of three that fails a tenth is a hundredth of the service.
      ...pod(steps(0, ...rest), steps(0, ...fault), length),
      ...pod(steps(0, [4000, length]), gauge([0, length]), length, 'service="orders", instance="b"'),
      ...pod(steps(0, [5000, length]), gauge([0, length]), length, 'service="orders", instance="c"'),
      // Two of two that fail two hundredths are so, too.
      ...pod(steps(0, [980, length]), steps(0, [20, length]), length, 'service="billing", instance="a"'),
      ...pod(steps(0, [490, length]), steps(0, [10, length]), length, 'service="billing", instance="b"'),
      ...Object.fromEntries(
        Object.entries(pod(steps(0, [1000, length]), gauge([0, length]), length, 'service="billing"')).map(
          ([name, values]) => [name.replace('"shop"', '"test"'), values],
        ),
      ),
    },
    queries: [
      at(hour + 20, 'service_slo:cheer_burn_rate:5m{service="orders"}', 10),
      at(hour + 20, 'service_slo:cheer_burn_rate:5m{service="billing", namespace="shop"}', 20),
      at(hour + 20, 'service_slo:cheer_burn_rate:5m{service="billing", namespace="test"}', 0),
      burning(hour + 20, 'fast', 'firing'),
      burning(hour + 20, 'fast', 'firing', ['namespace="shop"', 'service="billing"']),
    ],
  },
];

const days: readonly QueryCase[] = [
  edge('slow: 0.6 % bad, above the factor over a day after 720 minutes', {
    ...{ tier: 'slow', badOfThousand: 6, begins: 1500, noticedAfter: 725 },
    // Over 2 h it is above while more than half of them were bad.
    ...{ forgottenAfter: 60, wait: 15, keep: 30, every: 5, silent: ['fast', 'medium'] },
  }),
  edge('chronic: 0.2 % bad, above the factor over 3 days after 2160 minutes', {
    ...{ tier: 'chronic', badOfThousand: 2, begins: 4400, noticedAfter: 2165 },
    // Over 6 h it is above while more than half of them were bad.
    ...{ forgottenAfter: 180, wait: 60, keep: 60, every: 5, silent: ['fast', 'medium', 'slow'] },
  }),
];

/** By how often rules are evaluated: days take too many evaluations by the minute. */
export const burnCases: Readonly<Record<string, { every: string; cases: readonly QueryCase[] }>> = {
  minutes: { every: '1m', cases: minutes },
  days: { every: '5m', cases: days },
};
