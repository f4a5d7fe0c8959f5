import { conditionNames, type ConditionName } from '../verdict';
import { byPod, byService, indented, lines, own } from './promql';
import type { RecordingRule } from './rule';
import { quantile, saturation } from './service-recording';

const healthCondition = 'service_condition:cheer_health_condition:bool';
const processEvents = 'service_instance_slo:cheer_slo_events:increase1h';
const processBadEvents = 'service_instance_slo:cheer_slo_bad_events:increase1h';

/** What is recorded of the ranges over which processes judge themselves, which no profile changes. */
export const healthRecords: ReadonlySet<string> = new Set([healthCondition, processEvents, processBadEvents]);

const budgetRange = '1h';
const latencyRange = '5m';

function limit(metric: string): string {
  return `group_left () max by (${byPod}) (${own(metric)})`;
}

/**
 * Events of the last hour that the process itself has seen: what one at the same place saw before it began is forgotten
 * with that one, and then the counter, which began at 0, says less than its increase.
 */
function seenByProcess(record: string, ...matchers: readonly string[]): RecordingRule {
  const of = `${byPod}, slo`;
  const counter = own('cheer_slo_events_total', ...matchers);
  const total = `sum by (${of}) (${counter})`;
  return {
    record,
    expr: lines(`sum by (${of}) (increase(${counter}[${budgetRange}])) < ${total}`, `or ${total}`),
  };
}

/** Of one process: how much of its budget of the last hour is left of each SLO, and whether that is too little. */
function budget(): string {
  const of = `${byPod}, slo`;
  const objective = `max by (${of}) (${own('cheer_slo_objective_ratio')})`;
  const minimum = `max by (${of}) (${own('cheer_slo_min_bad_events')})`;
  return lines(
    '1 - (',
    '  (',
    `    (1 - ${processBadEvents} / (${processEvents} > 0) / (1 - ${objective}))`,
    `    <= bool on (${byPod}) ${limit('cheer_health_budget_floor_ratio')}`,
    '  )',
    // Few bad ones spend nothing. What increase() reckons is no whole number: half of one less is the same count.
    `  * (${processBadEvents} >= bool ${minimum} - 0.5)`,
    ')',
  );
}

/** 1 where a process's condition holds, else 0; see `conditions.ts`, which these must agree with. */
const queries: Readonly<Record<ConditionName, () => string>> = {
  error_budget: budget,
  latency: () =>
    lines(
      `(${quantile(0.9, byPod, latencyRange)})`,
      `<= bool on (${byPod}) ${limit('cheer_health_latency_target_seconds')}`,
    ),
  saturation: () =>
    lines(
      `max by (${byPod}) (`,
      `  ${indented(saturation)}`,
      ')',
      `< bool on (${byPod}) ${limit('cheer_health_saturation_ceiling_ratio')}`,
    ),
  age: () =>
    `(${own('cheer_queue_oldest_age_seconds')} / ${own('cheer_queue_age_target_seconds')}) <= bool 1`,
  breakers: () => `${own('cheer_breaker_state', 'state="open"')} == bool 0`,
};

/**
 * The verdict as the rules reckon it from the raw figures of each process, the worst process of a service first. A
 * condition without data holds.
 */
export function healthRules(): RecordingRule[] {
  return [
    seenByProcess(processEvents),
    seenByProcess(processBadEvents, 'result="bad"'),
    ...conditionNames.map((condition) => ({
      record: healthCondition,
      expr: lines(
        `min by (${byService}) (`,
        `  ${indented(queries[condition]())}`,
        ')',
        `or on (${byService}) group by (${byService}) (${own('cheer_health')})`,
      ),
      labels: { condition },
    })),
    {
      record: 'service:cheer_health_verdict:min',
      expr: `min by (${byService}) (${healthCondition})`,
    },
    // What the processes themselves say of the same conditions, without the holds and reasons that rules can't know.
    {
      record: 'service:cheer_condition:min',
      expr: `min by (${byService}) (${own('cheer_condition')})`,
    },
  ];
}
