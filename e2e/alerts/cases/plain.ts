import type { QueryCase, QueryCheck } from '../promtool-file';
import { gauge, steps, type Series } from '../series';
import { bursts, burstsEnd, burstTimes } from './bursts';
import { at, burning } from './query';

/*
 * The SLOs of alerts/examples/slos.yml: availability (99.9 % of two counters, of checkout), latency (99 % within 250 ms, of
 * checkout), jobs (95 %, of every service that its series name).
 */

const requests = (code: string, instance = 'a', job = 'checkout'): string =>
  `http_requests_total{job="${job}", instance="${instance}", code="${code}"}`;
const seconds = (part: string, job = 'checkout'): string =>
  `http_request_duration_seconds_${part.replace('{', `{job="${job}", `)}`;
const jobs = (service: string, outcome: string): string =>
  `jobs_finished_total{namespace="shop", service="${service}", outcome="${outcome}"}`;

const checkout = (slo: string): string => `{namespace="shop", service="checkout", slo="${slo}"}`;
const ofJobs = (service: string): string => `{namespace="shop", service="${service}", slo="jobs"}`;

const wide = 80;
const last = wide - 1;
/** Minutes before a change. */
const before = 130;
/** One minute after it. */
const after = before + 1;

const ratio = 'service_slo:cheer_slo_bad_events_per_events:ratio_rate';
const bad = 'service_slo:cheer_slo_bad_events';
const all = 'service_slo:cheer_slo_events';

/** Each step of a minute: so many before, and so many in the last ten. */
const changed = (well: number, then: number): string => steps(0, [well, before + 1], [then, 10]);

/** Of a change a minute ago the windows of 5, 30 and 60 minutes hold a fifth, a thirtieth and a sixtieth. */
function changeIn(of: string): QueryCheck[] {
  return (
    [
      ['5m', 152, 12],
      ['30m', 108.666667, 2],
      ['1h', 104.333333, 1],
    ] as const
  ).flatMap(([window, total, failed]) => [
    at(after, `60 * ${all}:rate${window}${of}`, total),
    at(after, `60 * ${bad}:rate${window}${of}`, failed),
    at(after, `count(${all}:rate${window})`, 3),
    at(after, `count(${bad}:rate${window})`, 3),
  ]);
}

/** Of another job, and of no service: they grow with each step, and nothing may be seen of it. */
const ofOthers = {
  [requests('200', 'a', 'other')]: steps(0, [10, 2000]),
  [requests('503', 'a', 'other')]: steps(0, [20, 2000]),
  [seconds('bucket{le="0.25"}', 'other')]: steps(0, [10, 2000]),
  [seconds('count{}', 'other')]: steps(0, [30, 2000]),
  'jobs_finished_total{outcome="done"}': steps(0, [10, 2000]),
  'jobs_finished_total{outcome="failed"}': steps(0, [20, 2000]),
};

export const plainCases: readonly QueryCase[] = [
  {
    name: 'good and total: what is not good is bad, in all processes, and of this job alone',
    interval: '1m',
    series: {
      [requests('200')]: steps(0, [500, wide]),
      [requests('200', 'b')]: steps(0, [450, wide]),
      [requests('404')]: steps(0, [30, wide]),
      [requests('503', 'b')]: steps(0, [20, wide]),
      [requests('503', 'a', 'other')]: steps(0, [1000, wide]),
    },
    queries: [
      at(last, `60 * ${all}:rate5m${checkout('availability')}`, 1000),
      at(last, `${ratio}1h${checkout('availability')}`, 0.02),
      at(last, `service_slo:cheer_burn_rate:1h${checkout('availability')}`, 20),
      at(last, `service_slo:cheer_slo_objective_ratio:max${checkout('availability')}`, 0.999),
      at(last, `service_slo:cheer_slo_min_bad_events:max${checkout('availability')}`, 10),
      at(last, `service_slo:cheer_error_budget_remaining:ratio_1h${checkout('availability')}`, -19),
      burning(last, 'fast', 'firing', ['namespace="shop"', 'service="checkout"', 'slo="availability"']),
    ],
  },
  {
    name: 'good and total: before the first good event all are bad',
    interval: '1m',
    series: { [requests('503')]: steps(0, [20, wide]) },
    queries: [
      at(last, `${ratio}5m${checkout('availability')}`, 1),
      burning(last, 'fast', 'firing', ['slo="availability"']),
    ],
  },
  {
    name: 'good and total: nothing bad, and nothing at all',
    interval: '1m',
    series: {
      [jobs('mail', 'done')]: steps(0, [10, wide]),
      [jobs('mail', 'failed')]: gauge([0, wide]),
      [jobs('idle', 'done')]: gauge([7, wide]),
    },
    queries: [
      at(last, `${ratio}5m${ofJobs('mail')}`, 0),
      at(last, `service_slo:cheer_error_budget_remaining:ratio_1h${ofJobs('mail')}`, 1),
      at(last, `${ratio}5m${ofJobs('idle')}`),
      at(last, `service_slo:cheer_error_budget_remaining:ratio_1h${ofJobs('idle')}`, 1),
    ],
  },
  {
    name: 'good and total: services that the series name are each their own, and what has none is left out',
    interval: '1m',
    series: {
      [jobs('mail', 'done')]: steps(0, [20, wide]),
      [jobs('mail', 'failed')]: steps(0, [80, wide]),
      [jobs('bills', 'done')]: steps(0, [98, wide]),
      [jobs('bills', 'failed')]: steps(0, [2, wide]),
      'jobs_finished_total{outcome="failed"}': steps(0, [1000, wide]),
      'jobs_finished_total{outcome="done"}': steps(0, [1000, wide]),
    },
    queries: [
      at(last, `service_slo:cheer_burn_rate:5m${ofJobs('mail')}`, 16),
      at(last, `service_slo:cheer_burn_rate:5m${ofJobs('bills')}`, 0.4),
      at(last, `service_slo:cheer_slo_objective_ratio:max${ofJobs('bills')}`, 0.95),
      at(last, `service_slo:cheer_slo_min_bad_events:max${ofJobs('bills')}`, 10),
      at(last, 'count(service_slo:cheer_slo_events:rate5m)', 2),
      at(last, 'count(service_slo:cheer_slo_bad_events:increase1h)', 2),
      at(last, 'count(service_slo:cheer_slo_hourly_bad_events:increase1h)', 2),
      burning(last, 'fast', 'firing', ['service="mail"']),
      burning(last, 'fast', undefined, ['service="bills"']),
    ],
  },
  {
    name: 'histogram and threshold: what is above the bucket is bad',
    interval: '1m',
    series: {
      [seconds('bucket{le="0.1"}')]: steps(0, [50, wide]),
      [seconds('bucket{le="0.25"}')]: steps(0, [80, wide]),
      [seconds('bucket{le="+Inf"}')]: steps(0, [100, wide]),
      [seconds('count{}')]: steps(0, [100, wide]),
      [seconds('bucket{le="0.25"}', 'other')]: steps(0, [1, wide]),
      [seconds('count{}', 'other')]: steps(0, [1000, wide]),
    },
    queries: [
      at(last, `60 * ${all}:rate5m${checkout('latency')}`, 100),
      at(last, `${ratio}30m${checkout('latency')}`, 0.2),
      at(last, `service_slo:cheer_burn_rate:1h${checkout('latency')}`, 20),
      at(last, `service_slo:cheer_slo_min_bad_events:max${checkout('latency')}`, 20),
      burning(last, 'fast', 'firing', ['service="checkout"', 'slo="latency"']),
    ],
  },
  {
    name: 'histogram and threshold: without the bucket there is no data, and nobody is told',
    interval: '1m',
    series: {
      [seconds('bucket{le="0.1"}')]: steps(0, [50, wide]),
      [seconds('bucket{le="+Inf"}')]: steps(0, [100, wide]),
      [seconds('count{}')]: steps(0, [100, wide]),
    },
    queries: [at(last, `${ratio}5m${checkout('latency')}`), burning(last, 'fast')],
  },
  {
    name: 'histogram and threshold: few slow ones of few are not told',
    interval: '1m',
    series: {
      [seconds('bucket{le="0.25"}')]: gauge([0, 70]),
      [seconds('count{}')]: steps(0, [0.25, 70]),
    },
    queries: [
      at(69, `service_slo:cheer_burn_rate:1h${checkout('latency')}`, 100),
      at(69, `${bad}:increase1h${checkout('latency')}`, 15),
      burning(69, 'fast'),
    ],
  },
  {
    name: 'each window knows of a change what it holds of it',
    interval: '1m',
    series: {
      [requests('200')]: changed(60, 200),
      [requests('200', 'b')]: changed(40, 100),
      [requests('503')]: changed(0, 60),
      [seconds('bucket{path="/a", le="0.25"}')]: changed(60, 200),
      [seconds('bucket{path="/b", le="0.25"}')]: changed(40, 100),
      [seconds('count{path="/a"}')]: changed(60, 200),
      [seconds('count{path="/b"}')]: changed(40, 160),
      [jobs('mail', 'done')]: changed(60, 200),
      [jobs('mail', 'done", kind="b')]: changed(40, 100),
      [jobs('mail', 'failed')]: changed(0, 60),
      ...ofOthers,
    },
    queries: [checkout('availability'), checkout('latency'), ofJobs('mail')].flatMap(changeIn),
  },
  {
    name: 'limits are of what is there: a promise of the same name is not there for being kept by others',
    interval: '1m',
    series: Object.fromEntries(
      ['availability', 'latency'].flatMap((slo) =>
        ['namespace="shop", service="other"', 'namespace="test", service="checkout"'].map((who) => [
          `${all}:rate5m{${who}, slo="${slo}"}`,
          gauge([1, 10]),
        ]),
      ),
    ),
    queries: ['availability', 'latency'].flatMap((slo) => [
      at(9, `service_slo:cheer_slo_objective_ratio:max${checkout(slo)}`),
      at(9, `service_slo:cheer_slo_min_bad_events:max${checkout(slo)}`),
    ]),
  },
  {
    name: 'limits are known for an hour after the last event',
    interval: '1m',
    series: lastSeen(),
    queries: [checkout('availability'), checkout('latency'), ofJobs('mail')].flatMap((of) => [
      // Two samples make a rate: the last one is of minute 8, and with it the rate is there until minute 12.
      ...[20, 71].map((minute) => at(minute, `count(service_slo:cheer_slo_objective_ratio:max${of})`, 1)),
      at(71, `count(service_slo:cheer_slo_min_bad_events:max${of})`, 1),
      at(74, `count(service_slo:cheer_slo_objective_ratio:max${of})`),
      at(74, `count(service_slo:cheer_slo_min_bad_events:max${of})`),
    ]),
  },
];

/** All of them, for eight minutes. */
function lastSeen(): Series {
  const short = `${steps(0, [1, 9])} stale _x70`;
  return {
    [requests('200')]: short,
    [seconds('bucket{le="0.25"}')]: short,
    [seconds('count{}')]: short,
    [jobs('mail', 'done')]: short,
  };
}

const burst = (size: number): string =>
  bursts(...burstTimes.map((ago, index) => [ago, size * 2 ** index] as const));

/** By the hour: days take too many evaluations by the minute. */
export const plainWindowCases: readonly QueryCase[] = [
  {
    name: 'bad events are counted one by one in each window',
    interval: '5m',
    series: {
      [requests('200')]: burst(600),
      [requests('200', 'b')]: burst(400),
      [requests('503')]: burst(1),
      [seconds('bucket{path="/a", le="0.25"}')]: burst(600),
      [seconds('bucket{path="/b", le="0.25"}')]: burst(400),
      [seconds('bucket{path="/a", le="0.1"}')]: burst(300),
      [seconds('bucket{path="/a", le="+Inf"}')]: burst(600),
      [seconds('bucket{path="/b", le="+Inf"}')]: burst(401),
      [seconds('count{path="/a"}')]: burst(600),
      [seconds('count{path="/b"}')]: burst(401),
      [jobs('mail', 'done')]: burst(600),
      [jobs('mail', 'done", kind="b')]: burst(400),
      [jobs('mail', 'failed')]: burst(1),
      ...ofOthers,
    },
    queries: [checkout('availability'), checkout('latency'), ofJobs('mail')].flatMap((of) => [
      ...['1h', '6h', '1d', '3d'].map((window) => at(burstsEnd, `count(${bad}:increase${window})`, 3)),
      ...['events', 'bad_events'].map((name) =>
        at(burstsEnd, `count(service_slo:cheer_slo_hourly_${name}:increase1h)`, 3),
      ),
      at(burstsEnd, `${bad}:increase1h${of}`, 128),
      at(burstsEnd, `${bad}:increase6h${of}`, 128 + 64 + 32),
      at(burstsEnd, `${bad}:increase1d${of}`, 255 - 1 - 2 - 4),
      at(burstsEnd, `${bad}:increase3d${of}`, 255 - 1),
      at(burstsEnd, `service_slo:cheer_slo_hourly_bad_events:increase1h${of}`, 128),
      at(burstsEnd, `service_slo:cheer_slo_hourly_events:increase1h${of}`, 128 * 1001),
    ]),
  },
];
