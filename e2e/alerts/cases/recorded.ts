import type { QueryCase, QueryCheck } from '../promtool-file';
import { gauge, steps } from '../series';
import { at } from './query';

const orders = 'namespace="shop", service="orders"';
const pod = (instance: string, more = ''): string => `{${orders}, instance="${instance}"${more}}`;
const events = (instance: string, result: string): string =>
  `cheer_slo_events_total${pod(instance, `, slo="delivery", result="${result}"`)}`;
const bucket = (metric: string, instance: string, le: string): string =>
  `${metric}_bucket${pod(instance, `, le="${le}"`)}`;

const conditions = ['error_budget', 'latency', 'saturation', 'age', 'breakers'] as const;
type Condition = (typeof conditions)[number];

/** What the rules say of each condition, and the verdict of them all. */
function verdict(minute: number, ...failing: readonly Condition[]): QueryCheck[] {
  return [
    ...conditions.map((condition) =>
      at(
        minute,
        `service_condition:cheer_health_condition:bool{condition="${condition}"}`,
        failing.includes(condition) ? 0 : 1,
      ),
    ),
    at(minute, 'service:cheer_health_verdict:min', failing.length === 0 ? 1 : 0),
  ];
}

const slo = ', slo="delivery"';
const wide = 130;
const objective = { [`cheer_slo_objective_ratio${pod('a', slo)}`]: gauge([0.999, wide]) };
const least = { [`cheer_slo_min_bad_events${pod('a', slo)}`]: gauge([10, wide]) };
const limits = {
  [`cheer_health${pod('a')}`]: gauge([1, wide]),
  [`cheer_health_budget_floor_ratio${pod('a')}`]: gauge([0.1, wide]),
  [`cheer_health_latency_target_seconds${pod('a')}`]: gauge([0.1, wide]),
  [`cheer_health_saturation_ceiling_ratio${pod('a')}`]: gauge([0.7, wide]),
};

export const recordedCases: readonly QueryCase[] = [
  {
    name: 'events of all processes are added, and a restart is no loss',
    interval: '1m',
    series: {
      ...objective,
      ...least,
      [events('a', 'good')]: steps(0, [90, wide]),
      [events('a', 'bad')]: steps(0, [6, wide]),
      // Begins anew after an hour.
      [events('b', 'good')]: `${steps(0, [20, 60])} ${steps(0, [20, 70])}`,
      [events('b', 'bad')]: `${steps(0, [4, 60])} ${steps(0, [4, 70])}`,
      'cheer_slo_events_total{slo="delivery", result="bad"}': steps(0, [1000, wide]),
      'cheer_slo_objective_ratio{slo="delivery"}': gauge([0.5, wide]),
    },
    queries: [
      at(120, '60 * service_slo:cheer_slo_events:rate5m', 120),
      at(120, '60 * service_slo:cheer_slo_bad_events:rate5m', 10),
      at(120, '60 * service_slo:cheer_slo_events:rate30m', 120),
      at(120, '60 * service_slo:cheer_slo_events:rate1h', 120),
      // Two hours of ten a minute in six.
      at(120, '60 * service_slo:cheer_slo_bad_events:rate6h', 3.333333),
      at(120, 'service_slo:cheer_slo_bad_events:increase1h', 600),
      at(120, 'service_slo:cheer_slo_bad_events_per_events:ratio_rate3d', 0.083333),
      at(120, 'service_slo:cheer_burn_rate:1h', 83.333333),
      at(120, 'service_slo:cheer_error_budget_remaining:ratio_1h', -82.333333),
      at(120, 'service_slo:cheer_error_budget_remaining:ratio', -82.333333),
      at(120, 'service_slo:cheer_slo_objective_ratio:max', 0.999),
      at(120, 'service_slo:cheer_slo_min_bad_events:max', 10),
    ],
  },
  {
    name: 'a budget of days is weighted by events: a bad night of few does not weigh as much as a good day of many',
    interval: '1m',
    series: {
      ...objective,
      ...least,
      // An hour of 60 events, all bad, and an hour of 6,000, all good.
      [events('a', 'good')]: steps(0, [0, 60], [100, 70]),
      [events('a', 'bad')]: steps(0, [1, 60], [0, 70]),
    },
    queries: [
      at(59, 'service_slo:cheer_slo_bad_events_per_events:ratio_rate30m', 1),
      at(119, 'service_slo:cheer_slo_bad_events_per_events:ratio_rate30m', 0),
      // By events 1 %; a mean of the two hours' ratios would be 50 %.
      at(119, 'service_slo:cheer_slo_bad_events_per_events:ratio_rate1d < bool 0.02', 1),
    ],
  },
  {
    name: 'a cold start: few minutes are not taken for an hour, and an SLO without events has its whole budget',
    interval: '1m',
    series: {
      ...objective,
      [`cheer_slo_objective_ratio${pod('a', ', slo="idle"')}`]: gauge([0.99, wide]),
      [events('a', 'good')]: steps(0, [0, 30]),
      [events('a', 'bad')]: steps(0, [1, 5], [0, 25]),
    },
    queries: [
      at(9, 'service_slo:cheer_slo_bad_events:increase6h < bool 6', 1),
      // Of windows that the process is too young for there is as much as there is.
      ...['2h', '6h', '1d', '3d'].flatMap((window) => [
        at(9, `count(service_slo:cheer_slo_events:rate${window})`, 1),
        at(9, `count(service_slo:cheer_slo_bad_events:rate${window})`, 1),
      ]),
      at(9, 'service_slo:cheer_error_budget_remaining:ratio_1h{slo="idle"}', 1),
      at(9, 'service_slo:cheer_error_budget_remaining:ratio{slo="idle"}', 1),
      at(9, 'service_slo:cheer_slo_bad_events_per_events:ratio_rate1h{slo="idle"}'),
      at(29, 'service_slo:cheer_slo_bad_events_per_events:ratio_rate5m'),
    ],
  },
  {
    name: 'rates, errors and latency: of events where a service counts them, of requests otherwise',
    interval: '1m',
    series: {
      [`ingests_total${pod('a', ', transport="http", result="accepted"')}`]: steps(0, [90, 20]),
      [`ingests_total${pod('a', ', transport="http", result="rejected"')}`]: steps(0, [20, 20]),
      [`ingests_total${pod('a', ', transport="http", result="refused"')}`]: steps(0, [6, 20]),
      [`ingests_total${pod('a', ', transport="grpc", result="failed"')}`]: steps(0, [4, 20]),
      [`http_requests_total${pod('a', ', method="POST", status_code="503"')}`]: steps(0, [60, 20]),
      [bucket('ingest_latency_seconds', 'a', '0.1')]: steps(0, [90, 20]),
      [bucket('ingest_latency_seconds', 'a', '0.2')]: steps(0, [100, 20]),
      [bucket('ingest_latency_seconds', 'a', '+Inf')]: steps(0, [100, 20]),
      [bucket('http_request_duration_seconds', 'a', '5')]: steps(0, [100, 20]),
      [bucket('http_request_duration_seconds', 'a', '+Inf')]: steps(0, [100, 20]),
      'http_requests_total{namespace="shop", service="web", instance="w", status_code="200"}': steps(
        0,
        [54, 20],
      ),
      'http_requests_total{namespace="shop", service="web", instance="w", status_code="404"}': steps(
        0,
        [6, 20],
      ),
      'grpc_server_handled_total{namespace="shop", service="web", instance="w", code="INTERNAL"}': steps(
        0,
        [30, 20],
      ),
      'messages_consumed_total{namespace="shop", service="web", instance="w", result="failed"}': steps(
        0,
        [30, 20],
      ),
    },
    queries: [
      at(15, '60 * service:cheer_request_rate:rate5m{service="orders"}', 120),
      at(15, 'service:cheer_error_rate:ratio_rate5m{service="orders"}', 0.083333),
      at(15, 'service:cheer_success_rate:ratio_rate5m{service="orders"}', 0.916667),
      at(15, 'service_code:cheer_error_rate:rate5m{service="orders", code="503"}', 1),
      at(15, 'service:cheer_latency_seconds:p90_rate5m', 0.1),
      at(15, 'service:cheer_latency_seconds:p95_rate5m', 0.15),
      at(15, 'service:cheer_latency_seconds:p99_rate5m', 0.19),
      at(15, 'service:cheer_request_rate:rate5m{service="web"}', 2),
      at(15, 'service:cheer_error_rate:ratio_rate5m{service="web"}', 0.5),
      at(15, 'service_code:cheer_error_rate:rate5m{service="web", code="failed"}', 0.5),
      at(15, 'service_code:cheer_error_rate:rate5m{service="web", code="INTERNAL"}', 0.5),
    ],
  },
  {
    name: 'a service in which nothing ever failed has an error rate of 0',
    interval: '1m',
    series: {
      'http_requests_total{namespace="shop", service="web", instance="w", status_code="200"}': steps(
        0,
        [60, 20],
      ),
    },
    queries: [
      at(15, 'service:cheer_error_rate:ratio_rate5m', 0),
      at(15, 'service:cheer_success_rate:ratio_rate5m', 1),
    ],
  },
  {
    name: 'the cheer ratio is of real traffic, the kill switch of any process, queues by the fullest',
    interval: '1m',
    series: {
      [`cheer_cheers_total${pod('a', ', traffic="real"')}`]: steps(0, [9, 20]),
      [`cheer_batches_total${pod('a', ', traffic="real"')}`]: steps(0, [12, 20]),
      [`cheer_cheers_total${pod('a', ', traffic="synthetic"')}`]: steps(0, [30, 20]),
      [`cheer_batches_total${pod('a', ', traffic="synthetic"')}`]: steps(0, [30, 20]),
      [`cheer_state${pod('a', ', state="disabled"')}`]: gauge([0, 20]),
      [`cheer_state${pod('b', ', state="disabled"')}`]: gauge([1, 20]),
      [`cheer_build_info${pod('a', ', version="1", track="stable"')}`]: gauge([1, 20]),
      [`cheer_build_info${pod('b', ', version="2", track="canary"')}`]: gauge([1, 20]),
      [`cheer_health${pod('a')}`]: gauge([1, 20]),
      [`cheer_health${pod('b')}`]: gauge([0, 20]),
      [`cheer_queue_depth${pod('a', ', queue="outbox"')}`]: gauge([10, 20]),
      [`cheer_queue_capacity${pod('a', ', queue="outbox"')}`]: gauge([100, 20]),
      [`cheer_queue_depth${pod('b', ', queue="outbox"')}`]: gauge([95, 20]),
      [`cheer_queue_capacity${pod('b', ', queue="outbox"')}`]: gauge([100, 20]),
      [`cheer_queue_depth${pod('a', ', queue="commit"')}`]: gauge([1, 20]),
      [`cheer_queue_capacity${pod('a', ', queue="commit"')}`]: gauge([0, 20]),
    },
    queries: [
      at(15, 'service:cheer_cheers_per_batches:ratio_rate5m', 0.75),
      at(15, 'service:cheer_disabled:max', 1),
      at(15, 'service:cheer_build_info:count', 2),
      at(15, 'service:cheer_health:min', 0),
      at(15, 'service_queue:cheer_queue_saturation:max{queue="outbox"}', 0.95),
      at(15, 'service_queue:cheer_queue_saturation:max{queue="commit"}', 1),
    ],
  },
  {
    name: 'a condition without data holds',
    interval: '1m',
    series: { [`cheer_health${pod('a')}`]: gauge([0, 20]) },
    queries: verdict(15),
  },
  {
    name: 'no events: nothing is measured, and everything holds',
    interval: '1m',
    series: {
      ...objective,
      ...least,
      ...limits,
      [events('a', 'good')]: gauge([5, 20]),
      [events('a', 'bad')]: gauge([0, 20]),
      [bucket('ingest_latency_seconds', 'a', '0.1')]: gauge([5, 20]),
      [bucket('ingest_latency_seconds', 'a', '+Inf')]: gauge([5, 20]),
      [`cheer_condition${pod('a', ', condition="latency"')}`]: gauge([1, 20]),
    },
    queries: [...verdict(15), at(15, 'service:cheer_condition:min', 1)],
  },
  {
    name: 'each condition fails at its limit, in the worst process',
    interval: '1m',
    series: {
      ...objective,
      ...least,
      ...limits,
      // 12 of 12,000 in an hour are exactly the budget; the floor is a tenth of it.
      [events('a', 'good')]: steps(0, [199.75, wide]),
      [events('a', 'bad')]: steps(0, [0.25, wide]),
      [bucket('ingest_latency_seconds', 'a', '0.1')]: steps(0, [89, wide]),
      [bucket('ingest_latency_seconds', 'a', '0.2')]: steps(0, [100, wide]),
      [bucket('ingest_latency_seconds', 'a', '+Inf')]: steps(0, [100, wide]),
      [`cheer_queue_depth${pod('a', ', queue="outbox"')}`]: gauge([70, wide]),
      [`cheer_queue_capacity${pod('a', ', queue="outbox"')}`]: gauge([100, wide]),
      [`cheer_queue_depth${pod('a', ', queue="commit"')}`]: gauge([0, wide]),
      [`cheer_queue_capacity${pod('a', ', queue="commit"')}`]: gauge([100, wide]),
      [`cheer_queue_oldest_age_seconds${pod('a', ', queue="outbox"')}`]: gauge([3.01, wide]),
      [`cheer_queue_age_target_seconds${pod('a', ', queue="outbox"')}`]: gauge([3, wide]),
      [`cheer_breaker_state${pod('a', ', downstream="kafka", state="open"')}`]: gauge([1, wide]),
      [`cheer_breaker_state${pod('a', ', downstream="lookup", state="open"')}`]: gauge([0, wide]),
      [`cheer_condition${pod('a', ', condition="latency"')}`]: gauge([0, wide]),
      [`cheer_condition${pod('a', ', condition="age"')}`]: gauge([1, wide]),
      // Another process is well.
      ...Object.fromEntries(
        Object.entries({ ...objective, ...least, ...limits }).map(([name, values]) => [
          name.replace('"a"', '"b"'),
          values,
        ]),
      ),
      [events('b', 'good')]: steps(0, [200, wide]),
      [events('b', 'bad')]: gauge([0, wide]),
      [bucket('ingest_latency_seconds', 'b', '0.1')]: steps(0, [100, wide]),
      [bucket('ingest_latency_seconds', 'b', '+Inf')]: steps(0, [100, wide]),
      [`cheer_queue_depth${pod('b', ', queue="outbox"')}`]: gauge([0, wide]),
      [`cheer_queue_capacity${pod('b', ', queue="outbox"')}`]: gauge([100, wide]),
      [`cheer_queue_oldest_age_seconds${pod('b', ', queue="outbox"')}`]: gauge([0, wide]),
      [`cheer_queue_age_target_seconds${pod('b', ', queue="outbox"')}`]: gauge([3, wide]),
      [`cheer_breaker_state${pod('b', ', downstream="kafka", state="open"')}`]: gauge([0, wide]),
    },
    queries: [...verdict(120, ...conditions), at(120, 'service:cheer_condition:min', 0)],
  },
  {
    name: 'and holds just before it; few bad events spend nothing',
    interval: '1m',
    series: {
      ...objective,
      ...least,
      ...limits,
      // 7.5 of 60: far above any budget, but fewer than ten.
      [events('a', 'good')]: steps(0, [0.875, wide]),
      [events('a', 'bad')]: steps(0, [0.125, wide]),
      [bucket('ingest_latency_seconds', 'a', '0.1')]: steps(0, [90, wide]),
      [bucket('ingest_latency_seconds', 'a', '0.2')]: steps(0, [100, wide]),
      [bucket('ingest_latency_seconds', 'a', '+Inf')]: steps(0, [100, wide]),
      [`cheer_queue_depth${pod('a', ', queue="outbox"')}`]: gauge([69, wide]),
      [`cheer_queue_capacity${pod('a', ', queue="outbox"')}`]: gauge([100, wide]),
      [`cheer_queue_oldest_age_seconds${pod('a', ', queue="outbox"')}`]: gauge([3, wide]),
      [`cheer_queue_age_target_seconds${pod('a', ', queue="outbox"')}`]: gauge([3, wide]),
      [`cheer_breaker_state${pod('a', ', downstream="kafka", state="open"')}`]: gauge([0, wide]),
      [`cheer_breaker_state${pod('a', ', downstream="kafka", state="half_open"')}`]: gauge([1, wide]),
    },
    queries: verdict(120),
  },
  {
    name: 'a restart after a spent budget: the process knows nothing of it, and what it did since counts alone',
    interval: '1m',
    series: {
      ...objective,
      ...least,
      ...limits,
      [events('a', 'good')]: `${steps(0, [90, 60])} ${steps(0, [100, 70])}`,
      [events('a', 'bad')]: `${steps(0, [10, 60])} ${gauge([0, 50])} ${steps(0, [1, 20])}`,
      [`cheer_condition${pod('a', ', condition="error_budget"')}`]: gauge([0, 60], [1, 60], [0, 10]),
    },
    queries: [
      ...verdict(59, 'error_budget'),
      ...[61, 75, 109, 118].flatMap((minute) => verdict(minute)),
      // Ten of its own, of 6,000.
      ...verdict(119, 'error_budget'),
    ],
  },
  {
    name: 'a canary beside stable',
    interval: '1m',
    series: {
      [`cheer_build_info${pod('a', ', version="1", track="stable"')}`]: gauge([1, 30]),
      [`cheer_build_info${pod('b', ', version="2", track="canary"')}`]: gauge([1, 30]),
      [events('a', 'good')]: steps(0, [99, 30]),
      [events('a', 'bad')]: steps(0, [1, 30]),
      [events('b', 'good')]: steps(0, [9, 30]),
      [events('b', 'bad')]: steps(0, [1, 30]),
      [`cheer_slo_events_total${pod('b', ', slo="ingest-latency", result="bad"')}`]: steps(0, [100, 30]),
      [bucket('ingest_latency_seconds', 'a', '0.1')]: steps(0, [100, 30]),
      [bucket('ingest_latency_seconds', 'a', '+Inf')]: steps(0, [100, 30]),
      [bucket('ingest_latency_seconds', 'b', '0.1')]: steps(0, [0, 30]),
      [bucket('ingest_latency_seconds', 'b', '0.2')]: steps(0, [100, 30]),
      [bucket('ingest_latency_seconds', 'b', '+Inf')]: steps(0, [100, 30]),
    },
    queries: [
      at(25, 'service_track:cheer_slo_bad_events_per_events:ratio_rate10m{track="stable"}', 0.01),
      at(25, 'service_track:cheer_slo_bad_events_per_events:ratio_rate10m{track="canary"}', 0.1),
      at(25, 'service_track:cheer_slo_bad_events:increase10m{track="canary"}', 10),
      at(25, 'service_track:cheer_latency_seconds:p95_rate10m{track="stable"}', 0.095),
      at(25, 'service_track:cheer_latency_seconds:p95_rate10m{track="canary"}', 0.195),
    ],
  },
];
