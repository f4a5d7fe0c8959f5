import type { QueryCase, QueryCheck } from '../promtool-file';
import { gauge, steps, type Series } from '../series';
import { at } from './query';

/*
 * A change one minute ago: what a window of five minutes makes of it is neither what one of two makes, nor one of ten. Each
 * metric has a service of its own, so that none stands in for another.
 */

const before = 70;
const after = before + 1;
const wide = after + 10;

const of = (service: string, more = ''): string =>
  `{namespace="shop", service="${service}", instance="a"${more}}`;
/** Growth a minute until the change, and since. */
const changed = (well: number, then: number): string => steps(0, [well, before + 1], [then, 10]);

/** What counts requests, by service, with what says of one that it failed and of another that it did not. */
const requests = {
  ingest: { metric: 'ingests_total', failed: 'result="failed"', fine: 'result="rejected"' },
  http: { metric: 'http_requests_total', failed: 'status_code="500"', fine: 'status_code="404"' },
  grpc: { metric: 'grpc_server_handled_total', failed: 'code="INTERNAL"', fine: 'code="NOT_FOUND"' },
  messages: { metric: 'messages_consumed_total', failed: 'result="failed"', fine: 'result="dropped"' },
} as const;

const codes = { http: '500', grpc: 'INTERNAL', messages: 'failed' } as const;

/** Buckets, by service. */
const latencies = {
  ingest: 'ingest_latency_seconds',
  http: 'http_request_duration_seconds',
  grpc: 'grpc_server_handling_seconds',
  messages: 'message_processing_seconds',
} as const;

/**
 * Of a hundred a minute all were within 0.1 s; since the change none is, and all are within 0.2 s. Another hundred stay as
 * fast as they were. The same once more without a service.
 */
function slower(metric: string, service: string): Series {
  const bucket = (le: string, route: string): string =>
    `${metric}_bucket${of(service, `, route="${route}", le="${le}"`)}`;
  const own = {
    [bucket('0.1', '/a')]: changed(100, 0),
    [bucket('0.2', '/a')]: changed(100, 100),
    [bucket('+Inf', '/a')]: changed(100, 100),
    [bucket('0.1', '/b')]: changed(100, 100),
    [bucket('0.2', '/b')]: changed(100, 100),
    [bucket('+Inf', '/b')]: changed(100, 100),
    [`cheer_health${of(service)}`]: gauge([1, wide]),
    [`cheer_build_info${of(service, ', version="2", track="canary"')}`]: gauge([1, wide]),
  };
  return withStrays(own);
}

/** With the same series once more, that belong to nobody. */
function withStrays(series: Series): Series {
  const strays = Object.entries(series).map(
    ([name, values]) => [name.replace(/namespace="shop", service="[a-z]+", /, ''), values] as const,
  );
  return { ...series, ...Object.fromEntries(strays) };
}

function allSlower(limit: number): Series {
  return Object.fromEntries(
    Object.entries(latencies).flatMap(([service, metric]) => [
      ...Object.entries(slower(metric, service)),
      ...Object.entries(
        withStrays({ [`cheer_health_latency_target_seconds${of(service)}`]: gauge([limit, wide]) }),
      ),
    ]),
  );
}

function latencyHolds(value: 0 | 1): QueryCheck[] {
  return Object.keys(latencies).map((service) =>
    at(
      after,
      `service_condition:cheer_health_condition:bool{condition="latency", service="${service}"}`,
      value,
    ),
  );
}

const rawWindows = ['5m', '30m', '1h'] as const;
const allWindows = [...rawWindows, '2h', '6h', '1d', '3d'] as const;
const sloEvents = (pod: string, slo: string, result: string): string =>
  `cheer_slo_events_total{namespace="shop", service="orders", instance="${pod}", slo="${slo}", result="${result}"}`;

export const changeCases: readonly QueryCase[] = [
  {
    name: 'SLO events of two processes: a minute of five, of thirty and of sixty',
    interval: '1m',
    series: withStrays({
      [sloEvents('a', 'delivery', 'good')]: changed(100, 300),
      [sloEvents('a', 'delivery', 'bad')]: changed(0, 60),
      [sloEvents('b', 'delivery', 'good')]: changed(100, 100),
      [sloEvents('b', 'delivery', 'bad')]: changed(0, 60),
      [sloEvents('a', 'idle', 'good')]: gauge([7, wide]),
      [sloEvents('a', 'idle', 'bad')]: gauge([7, wide]),
      [`cheer_slo_objective_ratio${of('orders', ', slo="delivery"')}`]: gauge([0.5, wide]),
    }),
    queries: [
      ...(
        [
          ['5m', 264, 24],
          ['30m', 210.666667, 4],
          ['1h', 205.333333, 2],
        ] as const
      ).flatMap(([window, all, bad]) => [
        at(after, `60 * service_slo:cheer_slo_events:rate${window}`, all),
        at(after, `60 * service_slo:cheer_slo_bad_events:rate${window}`, bad),
        at(after, `count(service_slo:cheer_slo_events:rate${window})`, 2),
        at(after, `count(service_slo:cheer_slo_bad_events:rate${window})`, 2),
        at(after, `service_slo:cheer_burn_rate:${window}`, Number(((2 * bad) / all).toFixed(6))),
      ]),
      ...(['2h', '6h', '1d', '3d'] as const).map((window) =>
        // The last hour, as above, and the one before, of which there were twelve minutes.
        at(after, `service_slo:cheer_burn_rate:${window}`, Number((4 / (205.333333 + 40)).toFixed(6))),
      ),
      ...allWindows.map((window) =>
        at(after, `service_slo:cheer_slo_bad_events_per_events:ratio_rate${window}{slo="idle"}`),
      ),
    ],
  },
  {
    name: 'SLO events that a process has seen: of the last hour, and not before it began',
    interval: '1m',
    series: withStrays(
      Object.fromEntries(
        (
          [
            ['good', 'real', 90],
            ['good', 'synthetic', 30],
            ['bad', 'real', 6],
            ['bad', 'synthetic', 4],
          ] as const
        ).map(([result, traffic, each]) => [
          sloEvents('a', 'delivery', result).replace('}', `, traffic="${traffic}"}`),
          `${steps(0, [each, 100])} ${steps(0, [each, 30])}`,
        ]),
      ),
    ),
    // It begins anew at minute 100.
    queries: (
      [
        [65, 60],
        [95, 60],
        [120, 21],
      ] as const
    ).flatMap(([minute, seen]) => [
      at(minute, 'service_instance_slo:cheer_slo_events:increase1h', 130 * seen),
      at(minute, 'service_instance_slo:cheer_slo_bad_events:increase1h', 10 * seen),
      at(minute, 'count(service_instance_slo:cheer_slo_events:increase1h)', 1),
      at(minute, 'count(service_instance_slo:cheer_slo_bad_events:increase1h)', 1),
    ]),
  },
  {
    name: 'limits are known for an hour, and are the strictest of all processes',
    interval: '1m',
    series: withStrays({
      [`cheer_slo_objective_ratio${of('orders', ', slo="delivery"')}`]: gauge([0.99, 6]),
      [`cheer_slo_objective_ratio${of('orders', ', slo="delivery", pod="b"')}`]: gauge([0.999, 6]),
      [`cheer_slo_min_bad_events${of('orders', ', slo="delivery"')}`]: gauge([10, 6]),
      [`cheer_slo_min_bad_events${of('orders', ', slo="delivery", pod="b"')}`]: gauge([20, 6]),
    }),
    queries: (
      [
        ['service_slo:cheer_slo_objective_ratio:max', 0.999],
        ['service_slo:cheer_slo_min_bad_events:max', 20],
      ] as const
    ).flatMap(([name, value]) => [at(64, name, value), at(67, name)]),
  },
  {
    name: 'requests and errors of each kind',
    interval: '1m',
    series: withStrays({
      ...Object.fromEntries(
        Object.entries(requests).flatMap(([service, { metric, failed, fine }]): [string, string][] => [
          [`${metric}${of(service, `, route="/a", ${fine}`)}`, changed(100, 300)],
          [`${metric}${of(service, `, route="/a", ${failed}`)}`, changed(0, 60)],
          [`${metric}${of(service, `, route="/b", ${fine}`)}`, changed(100, 100)],
          [`${metric}${of(service, `, route="/b", ${failed}`)}`, changed(0, 30)],
        ]),
      ),
      [`http_requests_total${of('idle', ', status_code="500"')}`]: gauge([7, wide]),
    }),
    queries: [
      ...Object.keys(requests).flatMap((service) => [
        at(after, `60 * service:cheer_request_rate:rate5m{service="${service}"}`, 258),
        at(after, `service:cheer_error_rate:ratio_rate5m{service="${service}"}`, 0.069767),
      ]),
      at(after, 'service:cheer_error_rate:ratio_rate5m{service="idle"}'),
      at(after, 'count(service:cheer_request_rate:rate5m)', 5),
      ...Object.entries(codes).map(([service, code]) =>
        at(after, `60 * service_code:cheer_error_rate:rate5m{service="${service}", code="${code}"}`, 18),
      ),
      at(after, 'count(service_code:cheer_error_rate:rate5m)', 4),
    ],
  },
  {
    name: 'latency of each kind',
    interval: '1m',
    series: allSlower(1),
    queries: [
      ...Object.keys(latencies).flatMap((service) => [
        at(after, `service:cheer_latency_seconds:p90_rate5m{service="${service}"}`, 0.1),
        at(after, `service:cheer_latency_seconds:p95_rate5m{service="${service}"}`, 0.15),
        at(after, `service:cheer_latency_seconds:p99_rate5m{service="${service}"}`, 0.19),
      ]),
      ...['p90', 'p95', 'p99'].map((quantile) =>
        at(after, `count(service:cheer_latency_seconds:${quantile}_rate5m)`, 4),
      ),
    ],
  },
  // P90 is 0.1: over two minutes it would be 0.18, over ten 0.095.
  { name: 'latency above its limit', interval: '1m', series: allSlower(0.0999), queries: latencyHolds(0) },
  { name: 'latency within its limit', interval: '1m', series: allSlower(0.1001), queries: latencyHolds(1) },
  {
    name: 'latency of a release of each kind, three minutes of ten after a change',
    interval: '1m',
    series: allSlower(1),
    queries: [
      ...Object.keys(latencies).map((service) =>
        at(
          after + 2,
          `service_track:cheer_latency_seconds:p95_rate10m{service="${service}", track="canary"}`,
          0.166667,
        ),
      ),
      at(after + 2, 'count(service_track:cheer_latency_seconds:p95_rate10m)', 4),
    ],
  },
  {
    name: 'events of two processes of a release, three minutes of ten after a change, without those that are only slow',
    interval: '1m',
    series: withStrays({
      ...Object.fromEntries(
        ['a', 'b'].flatMap((pod): [string, string][] => [
          [
            `cheer_build_info{namespace="shop", service="orders", instance="${pod}", version="2", track="canary"}`,
            gauge([1, wide]),
          ],
          ...['delivery', 'grpc-latency'].flatMap((slo): [string, string][] => [
            [sloEvents(pod, slo, 'good'), changed(100, 300)],
            [sloEvents(pod, slo, 'bad'), changed(0, 60)],
          ]),
        ]),
      ),
      [sloEvents('a', 'idle', 'good')]: gauge([7, wide]),
      [sloEvents('a', 'idle', 'bad')]: gauge([7, wide]),
    }),
    queries: [
      // 180 of 700 and 900 and 180, twice.
      at(after + 2, 'service_track:cheer_slo_bad_events_per_events:ratio_rate10m', 0.101124),
      at(after + 2, 'count(service_track:cheer_slo_bad_events_per_events:ratio_rate10m)', 1),
      at(after + 2, 'service_track:cheer_slo_bad_events:increase10m', 360),
      at(after + 2, 'count(service_track:cheer_slo_bad_events:increase10m)', 2),
    ],
  },
  {
    name: 'cheers of batches, of two processes',
    interval: '1m',
    series: withStrays({
      [`cheer_batches_total${of('orders', ', traffic="real"')}`]: changed(100, 200),
      [`cheer_cheers_total${of('orders', ', traffic="real"')}`]: changed(100, 50),
      [`cheer_batches_total${of('orders', ', traffic="real", pod="b"')}`]: changed(100, 200),
      [`cheer_cheers_total${of('orders', ', traffic="real", pod="b"')}`]: changed(100, 50),
      [`cheer_batches_total${of('idle', ', traffic="real"')}`]: gauge([7, wide]),
      [`cheer_cheers_total${of('idle', ', traffic="real"')}`]: gauge([7, wide]),
    }),
    // 450 of 600, twice.
    queries: [
      at(after, 'service:cheer_cheers_per_batches:ratio_rate5m', 0.75),
      at(after, 'count(service:cheer_cheers_per_batches:ratio_rate5m)', 1),
    ],
  },
  {
    name: 'gauges: those that have no service are left out, a queue without capacity is full by what is in it',
    interval: '1m',
    series: withStrays({
      [`cheer_state${of('orders', ', state="disabled"')}`]: gauge([0, 6]),
      [`cheer_state${of('orders', ', state="green"')}`]: gauge([1, 6]),
      [`cheer_build_info${of('orders', ', version="2", track="canary"')}`]: gauge([1, 6]),
      [`cheer_health${of('orders')}`]: gauge([1, 6]),
      [`cheer_condition${of('orders', ', condition="age"')}`]: gauge([1, 6]),
      [`cheer_queue_depth${of('orders', ', queue="empty"')}`]: gauge([0, 6]),
      [`cheer_queue_capacity${of('orders', ', queue="empty"')}`]: gauge([0, 6]),
      [`cheer_health_saturation_ceiling_ratio${of('orders')}`]: gauge([0.7, 6]),
      [`cheer_queue_oldest_age_seconds${of('orders', ', queue="empty"')}`]: gauge([1, 6]),
      [`cheer_queue_age_target_seconds${of('orders', ', queue="empty"')}`]: gauge([3, 6]),
      [`cheer_breaker_state${of('orders', ', downstream="kafka", state="open"')}`]: gauge([0, 6]),
    }),
    queries: [
      at(5, 'service:cheer_disabled:max', 0),
      at(5, 'service_queue:cheer_queue_saturation:max', 0),
      at(5, 'service:cheer_health_verdict:min', 1),
      ...['service:cheer_disabled:max', 'service:cheer_build_info:count', 'service:cheer_health:min'].map(
        (name) => at(5, `count(${name})`, 1),
      ),
      ...['service_queue:cheer_queue_saturation:max', 'service:cheer_condition:min'].map((name) =>
        at(5, `count(${name})`, 1),
      ),
      // Five conditions, all of one service.
      at(5, 'count(service_condition:cheer_health_condition:bool)', 5),
    ],
  },
  {
    name: 'one condition of one process of two is enough',
    interval: '1m',
    series: {
      [`cheer_health${of('orders')}`]: gauge([1, 6]),
      [`cheer_health_saturation_ceiling_ratio${of('orders')}`]: gauge([0.7, 6]),
      [`cheer_queue_depth${of('orders', ', queue="none"')}`]: gauge([1, 6]),
      [`cheer_queue_capacity${of('orders', ', queue="none"')}`]: gauge([0, 6]),
    },
    queries: [
      at(5, 'service_condition:cheer_health_condition:bool{condition="saturation"}', 0),
      at(5, 'service_condition:cheer_health_condition:bool{condition="age"}', 1),
      at(5, 'service:cheer_health_verdict:min', 0),
    ],
  },
  ...(
    [
      ['at the floor', 0.5, 100, 0],
      ['above the floor', 0.499, 100, 1],
      ['at the floor, by too few bad events', 0.5, 150, 1],
    ] as const
  ).map(([name, floor, least, holds]) => ({
    name: `of an hour's budget a half is left: ${name}`,
    interval: '1m',
    series: {
      // Two of eight, each minute, where every second may be bad: 120 bad ones in an hour.
      [sloEvents('a', 'delivery', 'good')]: steps(0, [6, 130]),
      [sloEvents('a', 'delivery', 'bad').replace('}', ', traffic="real"}')]: steps(0, [1, 130]),
      [sloEvents('a', 'delivery', 'bad').replace('}', ', traffic="synthetic"}')]: steps(0, [1, 130]),
      [`cheer_slo_objective_ratio${of('orders', ', slo="delivery"')}`]: gauge([0.5, 130]),
      [`cheer_slo_min_bad_events${of('orders', ', slo="delivery"')}`]: gauge([least, 130]),
      [`cheer_health_budget_floor_ratio${of('orders')}`]: gauge([floor, 130]),
      [`cheer_health${of('orders')}`]: gauge([1, 130]),
    },
    queries: [at(125, 'service_condition:cheer_health_condition:bool{condition="error_budget"}', holds)],
  })),
];
