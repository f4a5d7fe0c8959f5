import type { CheerEvent, CheerState, CheerVerdict } from '../verdict';
import type {
  BreakerView,
  FlagView,
  PipelineView,
  ResourcesView,
  ServiceView,
  SloView,
} from './service-view';

/*
 * The JSON of /api/v1, whose fields api-schemas.ts describes: names in snake_case that clients hold on to. Fields may be added, never renamed.
 * Points in time are RFC 3339 in UTC with milliseconds; durations are seconds (`_seconds`), sizes bytes
 * (`_bytes`), ratios 0 to 1 (`_ratio`), rates events per second (`_per_second`). What is not known is null.
 */

/** RFC 3339, or null for a number that is no date (a producer's timestamp may be anything). */
export function isoTime(epochMs: number): string | null {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

const notes: Partial<Record<CheerState, string>> = {
  warming: 'waiting for the first evidence',
  disabled: 'switched off by the flag health-cheer',
};

/** `GET /api/v1/cheer` */
export function cheerJson(verdict: CheerVerdict) {
  return {
    state: verdict.state,
    score: verdict.score,
    idle: verdict.idle,
    since: isoTime(verdict.since),
    note: notes[verdict.state] ?? null,
    reasons: verdict.reasons.map(({ code, detail, figure, limit, unit, since }) => ({
      code,
      detail,
      figure: figure ?? null,
      limit: limit ?? null,
      unit: unit ?? null,
      since: isoTime(since),
    })),
    conditions: verdict.conditions.map(({ name, ok, figure, limit, unit, detail, since }) => ({
      name,
      ok,
      figure: figure ?? null,
      limit,
      unit,
      detail,
      since: isoTime(since),
    })),
    error_budget_remaining_ratio: verdict.errorBudgetRemaining,
    cheers_total: verdict.cheersTotal,
    misses_total: verdict.missesTotal,
  };
}

/** `GET /api/v1/slo`: `{slos: [...]}` */
export function sloJson(slos: readonly SloView[]) {
  return slos.map(
    ({ name, description, objective, windowSeconds, good, bad, budgetRemaining, burnRates }) => ({
      name,
      description,
      objective_ratio: objective,
      window_seconds: windowSeconds,
      good,
      bad,
      good_ratio: good + bad > 0 ? good / (good + bad) : null,
      budget_remaining_ratio: budgetRemaining,
      burn_rates: burnRates.map((burn) => ({
        window_seconds: burn.windowSeconds,
        covered_seconds: burn.coveredSeconds,
        good: burn.good,
        bad: burn.bad,
        burn_rate: burn.rate ?? null,
      })),
    }),
  );
}

/** `GET /api/v1/pipeline` */
export function pipelineJson(pipeline: PipelineView) {
  return {
    stages: pipeline.stages.map(({ name, rate, total, latency }) => ({
      name,
      rate_per_second: rate,
      total,
      latency: latency
        ? { p50_seconds: latency.p50, p90_seconds: latency.p90, p99_seconds: latency.p99 }
        : null,
    })),
    queues: pipeline.queues.map((queue) => ({
      name: queue.name,
      depth: queue.depth,
      capacity: queue.capacity,
      unit: queue.unit,
      saturation_ratio: queue.capacity > 0 ? queue.depth / queue.capacity : 0,
      ceiling_ratio: queue.ceiling,
      oldest_age_seconds: queue.oldestAge ?? null,
      age_target_seconds: queue.ageTarget ?? null,
    })),
    breakers: breakersJson(pipeline.breakers),
    lanes: pipeline.lanes.map(({ lane, pending, state, detail }) => ({
      lane,
      pending,
      state,
      detail: detail ?? null,
    })),
  };
}

/** `GET /api/v1/breakers`: `{breakers: [...]}`, as in the pipeline. */
export function breakersJson(breakers: readonly BreakerView[]) {
  return breakers.map(({ downstream, state, since }) => ({ downstream, state, since: isoTime(since) }));
}

/** `GET /api/v1/flags`: `{flags: [...]}` with flag, variant, value, reason and description. */
export function flagsJson(flags: readonly FlagView[]) {
  return flags.map(({ flag, variant, value, reason, description }) => ({
    flag,
    variant,
    value,
    reason: reason ?? null,
    description: description ?? null,
  }));
}

/** `GET /api/v1/resources` */
export function resourcesJson(resources: ResourcesView | undefined) {
  return {
    cpu_cores: resources?.cpuCores ?? null,
    rss_bytes: resources?.rssBytes ?? null,
    heap_used_bytes: resources?.heapUsedBytes ?? null,
    heap_limit_bytes: resources?.heapLimitBytes ?? null,
    event_loop_lag_seconds: resources?.eventLoopLag ?? null,
    gc_pause_p99_seconds: resources?.gcPauseP99 ?? null,
    gc_time_ratio: resources?.gcTimeRatio ?? null,
    store_bytes: resources?.storeBytes ?? null,
    store_quota_bytes: resources?.storeQuotaBytes ?? null,
    disk_free_bytes: resources?.diskFreeBytes ?? null,
  };
}

/** `GET /api/v1/events?after=SEQUENCE`: `{latest_sequence, events: [...]}`, oldest first */
export function eventJson(event: CheerEvent) {
  return {
    sequence: event.sequence,
    at: isoTime(event.at),
    kind: event.kind,
    title: event.title,
    detail: event.detail,
    state: event.state ?? null,
    reason: event.reason ?? null,
    phase: event.phase ?? null,
  };
}

/** `GET /api/v1/summary`, and the `summary` events of the stream: everything that the page draws. */
export function summaryJson(view: ServiceView, nowMs: number) {
  const { service, version, track, sink, topic, startedAt } = view.info;
  const { mode, since } = view.mode();
  return {
    timestamp: isoTime(nowMs),
    service,
    version,
    track,
    sink: sink ?? null,
    topic: topic ?? null,
    started_at: isoTime(startedAt),
    mode,
    mode_since: isoTime(since),
    cheer: cheerJson(view.verdict()),
    slos: sloJson(view.slo()),
    pipeline: pipelineJson(view.pipeline()),
    resources: resourcesJson(view.resources()),
    flags: flagsJson(view.flags()),
    quarantined: view.quarantined?.() ?? null,
    latest_release: view.latestRelease?.() ?? null,
    latest_sequence: view.events(0).at(-1)?.sequence ?? 0,
  };
}
