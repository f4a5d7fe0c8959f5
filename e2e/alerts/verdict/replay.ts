import {
  breakerStates,
  CheerEngine,
  conditionNames,
  latencyBuckets,
  ManualClock,
  type ConditionName,
} from '@selfcheer/cheer-kit';
import { limits, slo, stepSeconds, type Vector } from './vectors';

const bounds = latencyBuckets([limits.latencyTargetSeconds]);

/** Which conditions fail in a process to which all of this happens. */
export function failsInEngine({ steps, step, queue, breaker }: Vector): ConditionName[] {
  const clock = new ManualClock();
  const engine = new CheerEngine({
    ...{ slos: [slo], queues: ['outbox'], downstreams: ['kafka'], limits, holdSeconds: 0, clock },
    buckets: bounds,
  });
  for (let i = 0; i < steps; i++) {
    clock.advance(stepSeconds);
    const { good = 0, bad = 0, took = [] } = step(i);
    engine.recordSlo(slo.name, good, bad);
    for (const [seconds, count] of took) engine.recordLatency(seconds, count);
  }
  engine.setQueue('outbox', queue);
  engine.setBreaker('kafka', breaker);
  return engine
    .evaluate()
    .conditions.filter(({ ok }) => !ok)
    .map(({ name }) => name);
}

/** The same as a test for promtool: the series that such a process shows, and what the rules are to make of them. */
export function promtoolTest(vector: Vector): object {
  const { name, steps, step, queue, breaker, fails } = vector;
  const series = new Map<string, number[]>();
  const add = (metric: string, labels: string, value: number): void => {
    const key = `${metric}{namespace="shop",service="orders",instance="a"${labels && `,${labels}`}}`;
    series.set(key, [...(series.get(key) ?? []), value]);
  };
  const totals = { good: 0, bad: 0 };
  const buckets = new Map<number, number>([...bounds, Infinity].map((bound) => [bound, 0]));
  // The first scrape is before anything happens.
  for (let i = -1; i < steps; i++) {
    const { good = 0, bad = 0, took = [] } = i < 0 ? {} : step(i);
    totals.good += good;
    totals.bad += bad;
    for (const [seconds, count] of took) {
      for (const [bound, sum] of buckets) if (seconds <= bound) buckets.set(bound, sum + count);
    }
    for (const result of ['good', 'bad'] as const) {
      add('cheer_slo_events_total', `slo="${slo.name}",result="${result}"`, totals[result]);
    }
    for (const [bound, sum] of buckets) {
      add(
        'ingest_latency_seconds_bucket',
        `transport="http",le="${bound === Infinity ? '+Inf' : bound}"`,
        sum,
      );
    }
    add('cheer_slo_objective_ratio', `slo="${slo.name}"`, slo.objective);
    add('cheer_slo_min_bad_events', `slo="${slo.name}"`, slo.minBadEvents);
    add('cheer_health_budget_floor_ratio', '', limits.budgetFloorRatio);
    add('cheer_health_latency_target_seconds', '', limits.latencyTargetSeconds);
    add('cheer_health_saturation_ceiling_ratio', '', limits.saturationCeilingRatio);
    add('cheer_health', '', fails.length === 0 ? 1 : 0);
    add('cheer_queue_depth', 'queue="outbox"', queue.depth);
    add('cheer_queue_capacity', 'queue="outbox"', queue.capacity);
    add('cheer_queue_oldest_age_seconds', 'queue="outbox"', queue.oldestAgeSeconds);
    add('cheer_queue_age_target_seconds', 'queue="outbox"', queue.ageTargetSeconds);
    for (const state of breakerStates) {
      add('cheer_breaker_state', `downstream="kafka",state="${state}"`, state === breaker ? 1 : 0);
    }
  }
  const at = `${steps * stepSeconds}s`;
  const service = 'namespace="shop", service="orders"';
  const recorded = (record: string, value: number, labels = ''): object => ({
    expr: `${record}${labels && `{${labels}}`}`,
    eval_time: at,
    exp_samples: [{ labels: `${record}{${[service, labels].filter(Boolean).join(', ')}}`, value }],
  });
  return {
    name,
    interval: `${stepSeconds}s`,
    input_series: [...series].map(([key, values]) => ({ series: key, values: values.join(' ') })),
    promql_expr_test: [
      recorded('service:cheer_health_verdict:min', fails.length === 0 ? 1 : 0),
      ...conditionNames.map((condition) =>
        recorded(
          'service_condition:cheer_health_condition:bool',
          fails.includes(condition) ? 0 : 1,
          `condition="${condition}"`,
        ),
      ),
    ],
  };
}
