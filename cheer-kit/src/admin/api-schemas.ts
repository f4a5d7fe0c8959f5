import { healthStatuses } from '../health';
import { releaseTracks } from '../metrics/resilience-metrics';
import { roles } from '../auth/authenticator';
import {
  breakerStates,
  cheerStates,
  conditionNames,
  conditionUnits,
  missReasons,
  serviceModes,
} from '../verdict';
import { listOf, objectOf, orNull, schemaRef, type JsonSchema } from './openapi';

/*
 * What api-json.ts makes, as JSON Schema: the fields of /api/v1 in the OpenAPI document.
 */

const text = (description?: string): JsonSchema => ({
  type: 'string',
  ...(description !== undefined && { description }),
});
const number = (description?: string): JsonSchema => ({ ...text(description), type: 'number' });
const count = (description?: string): JsonSchema => ({ ...text(description), type: 'integer', minimum: 0 });
const flag = (description?: string): JsonSchema => ({ ...text(description), type: 'boolean' });
const oneOf = (values: readonly string[], description?: string): JsonSchema => ({
  ...text(description),
  enum: values,
});
/** RFC 3339 in UTC. */
const time = (description?: string): JsonSchema => ({ ...text(description), format: 'date-time' });

const figureUnits = [...new Set(Object.values(conditionUnits))];

const breaker = objectOf({
  downstream: text(),
  state: oneOf(breakerStates),
  since: orNull(time()),
});

const latency: JsonSchema = {
  ...objectOf({ p50_seconds: number(), p90_seconds: number(), p99_seconds: number() }),
  type: ['object', 'null'],
  description: 'Null when nothing was measured in the window',
};

const secondsInState = objectOf(
  Object.fromEntries([...cheerStates, 'unknown'].map((state) => [state, number()])),
  'Adds up to the window; unknown is before the start of this process, or no longer in the ring',
);

const cheer = {
  state: oneOf(cheerStates),
  score: orNull({ ...count('Null while warming or disabled'), maximum: 100 }),
  idle: flag('No real event in the latency window'),
  since: orNull(time('When this state began')),
  note: orNull(text('What the reasons do not say, in words')),
  reasons: listOf(
    objectOf(
      {
        code: oneOf([...conditionNames, 'refusing', 'fenced', 'degraded', 'draining']),
        detail: text(),
        figure: orNull(number('What was measured when it was wrong last; null when it is no condition')),
        limit: orNull(number()),
        unit: orNull(oneOf(figureUnits)),
        since: orNull(time()),
      },
      'Why it is not green, most severe first',
    ),
  ),
  conditions: listOf(
    objectOf({
      name: oneOf(conditionNames),
      ok: flag(),
      figure: orNull(number('Null when idle')),
      limit: number(),
      unit: oneOf(figureUnits, 'Of figure and limit'),
      detail: text(),
      since: orNull(time('Since when it holds, or fails')),
    }),
  ),
  error_budget_remaining_ratio: number('Smallest over all SLOs; negative when overspent'),
  cheers_total: count('Batches settled well since the start'),
  misses_total: count('Batches that were not'),
};

const window: JsonSchema = {
  ...objectOf({
    seconds: count(),
    from: orNull(time()),
    complete: flag('False when recent events of the window are no longer in the ring'),
    state_changes: count(),
    miss_events: objectOf(
      Object.fromEntries(missReasons.map((reason) => [reason, count()])),
      'Recorded misses by reason: of one reason at most one in ten seconds is recorded',
    ),
    seconds_in_state: secondsInState,
  }),
  type: ['object', 'null'],
  description: 'What the recent events say of the window; null unless asked for',
};

const event = objectOf({
  sequence: count('Grows by one for each event, over restarts'),
  at: orNull(time()),
  kind: oneOf(['state', 'miss', 'quarantine', 'flag', 'release']),
  title: text(),
  detail: text(),
  state: orNull(oneOf(cheerStates, 'For kind state')),
  reason: orNull(oneOf(missReasons, 'For kind miss')),
  phase: orNull(oneOf(['flagged', 'quarantined', 'recovered'])),
});

const slo = objectOf({
  name: text(),
  description: text('What counts as good'),
  objective_ratio: number('What must be good'),
  window_seconds: number(),
  good: count('Events in the window'),
  bad: count(),
  good_ratio: orNull(number('Null when there were none')),
  budget_remaining_ratio: number('1 untouched, 0 spent, negative overspent'),
  burn_rates: listOf(
    objectOf({
      window_seconds: number(),
      covered_seconds: number('Less than the window while the process is younger'),
      good: count(),
      bad: count(),
      burn_rate: orNull(number('1 spends the budget exactly; null without events')),
    }),
  ),
});

const pipeline = objectOf({
  stages: listOf(
    objectOf({ name: text(), rate_per_second: number(), total: count('Since the start'), latency }),
  ),
  queues: listOf(
    objectOf({
      name: text(),
      depth: number(),
      capacity: number(),
      unit: oneOf(['bytes', 'events']),
      saturation_ratio: number(),
      ceiling_ratio: number('Above it the service is not healthy'),
      oldest_age_seconds: orNull(number('Null when empty')),
      age_target_seconds: orNull(number()),
    }),
  ),
  breakers: listOf(schemaRef('Breaker')),
  lanes: listOf(
    objectOf({
      lane: count(),
      pending: count('Events accepted and not settled'),
      state: oneOf(['idle', 'sending', 'waiting']),
      detail: orNull(text('Why it waits')),
    }),
  ),
});

const resources = objectOf({
  cpu_cores: orNull(number('Cores in use')),
  rss_bytes: orNull(number()),
  heap_used_bytes: orNull(number()),
  heap_limit_bytes: orNull(number()),
  event_loop_lag_seconds: orNull(number('p99')),
  gc_pause_p99_seconds: orNull(number('Of the last minute; null without a pause')),
  gc_time_ratio: orNull(number('Part of the last minute that was spent in pauses')),
  store_bytes: orNull(number()),
  store_quota_bytes: orNull(number()),
  disk_free_bytes: orNull(number()),
});

const featureFlag = objectOf({
  flag: text(),
  variant: text(),
  value: { type: ['boolean', 'number', 'string'] },
  reason: orNull(text('In the words of OpenFeature: STATIC, DEFAULT, ERROR')),
  description: orNull(text()),
});

const summary = objectOf({
  timestamp: orNull(time('Of this answer, by the clock of the service')),
  service: text(),
  version: text(),
  track: oneOf(releaseTracks),
  sink: orNull(text('Null in a service that publishes nothing')),
  topic: orNull(text()),
  started_at: orNull(time()),
  mode: oneOf(serviceModes, 'What is done with requests now, without any hold'),
  mode_since: orNull(time()),
  cheer: schemaRef('Cheer'),
  slos: listOf(schemaRef('Slo')),
  pipeline: schemaRef('Pipeline'),
  resources: schemaRef('Resources'),
  flags: listOf(schemaRef('Flag')),
  quarantined: orNull(count('Events in quarantine now; null in a service that has none')),
  latest_release: orNull(
    count(
      'Number of the release that was recorded last, 0 when there is none; null in a service that keeps none',
    ),
  ),
  latest_sequence: count('Of the cheer events; 0 when there are none'),
  caller: objectOf({ name: text(), roles: listOf(oneOf(roles)) }, 'Who asks'),
});

const check = objectOf({ status: oneOf(healthStatuses), detail: text() });

export const kitSchemas: Readonly<Record<string, JsonSchema>> = {
  Breaker: breaker,
  Cheer: objectOf(cheer),
  CheerWithWindow: objectOf({ ...cheer, window }),
  CheerEvent: event,
  Flag: featureFlag,
  Health: objectOf({
    status: oneOf(healthStatuses, 'The worst of all checks'),
    timestamp: time(),
    checks: { type: 'object', additionalProperties: check },
  }),
  Pipeline: pipeline,
  Probe: {
    type: 'object',
    properties: { status: oneOf(['ok', 'failed']), detail: text() },
    required: ['status'],
  },
  Resources: resources,
  Slo: slo,
  Summary: summary,
};
