import { traceIdOf, type CheerEvent, type CheerVerdict } from '@selfcheer/cheer-kit';
import type { AuditEntry, QuarantinedEvent } from '../event';
import type { AdminView, PipelineView, ResourcesView, SloView } from './admin-view';

/*
 * The JSON of /api/v1: field names in snake_case that clients hold on to. Fields may be added, never renamed.
 * Points in time are RFC 3339 in UTC with milliseconds; durations are seconds (`_seconds`), sizes bytes
 * (`_bytes`), ratios 0 to 1 (`_ratio`), rates events per second (`_per_second`). What is not known is null.
 */

/** RFC 3339, or null for a number that is no date (a producer's timestamp may be anything). */
export function isoTime(epochMs: number): string | null {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/**
 * `GET /api/v1/cheer`
 *
 * | field | |
 * | --- | --- |
 * | state | warming, green, yellow, red, disabled |
 * | score | 0 to 100, null while warming or disabled |
 * | idle | no real event in the latency window |
 * | since | when this state began |
 * | note | what the reasons don't say, in words: "waiting for the first evidence" while warming, else null |
 * | reasons[] | code, detail, since: why it is not green, most severe first |
 * | conditions[] | name, ok, figure (null when idle), limit, detail |
 * | error_budget_remaining_ratio | smallest over all SLOs; negative when overspent |
 * | cheers_total, misses_total | batches settled well, and not, since the start |
 */
export function cheerJson(verdict: CheerVerdict) {
  return {
    state: verdict.state,
    score: verdict.score,
    idle: verdict.idle,
    since: isoTime(verdict.since),
    note: verdict.state === 'warming' ? 'waiting for the first evidence' : null,
    reasons: verdict.reasons.map(({ code, detail, since }) => ({ code, detail, since: isoTime(since) })),
    conditions: verdict.conditions.map(({ name, ok, figure, limit, detail }) => ({
      name,
      ok,
      figure: figure ?? null,
      limit,
      detail,
    })),
    error_budget_remaining_ratio: verdict.errorBudgetRemaining,
    cheers_total: verdict.cheersTotal,
    misses_total: verdict.missesTotal,
  };
}

/**
 * `GET /api/v1/slo`: `{slos: [...]}`
 *
 * | field | |
 * | --- | --- |
 * | name, description | |
 * | objective_ratio | what must be good |
 * | window_seconds | |
 * | good, bad | events in the window |
 * | good_ratio | null when there were none |
 * | budget_remaining_ratio | 1 untouched, 0 spent, negative overspent |
 */
export function sloJson(slos: readonly SloView[]) {
  return slos.map(({ name, description, objective, windowSeconds, good, bad, budgetRemaining }) => ({
    name,
    description,
    objective_ratio: objective,
    window_seconds: windowSeconds,
    good,
    bad,
    good_ratio: good + bad > 0 ? good / (good + bad) : null,
    budget_remaining_ratio: budgetRemaining,
  }));
}

/**
 * `GET /api/v1/pipeline`
 *
 * | field | |
 * | --- | --- |
 * | stages[] | name (ingest, commit, enrich, publish), rate_per_second, total, latency (null, or p50_seconds, p90_seconds, p99_seconds) |
 * | queues[] | name, depth, capacity, unit (bytes, events), saturation_ratio, ceiling_ratio, oldest_age_seconds, age_target_seconds |
 * | breakers[] | downstream, state (closed, open, half_open), since |
 * | lanes[] | lane, pending, state (idle, sending, waiting), detail |
 */
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
    breakers: pipeline.breakers.map(({ downstream, state, since }) => ({
      downstream,
      state,
      since: isoTime(since),
    })),
    lanes: pipeline.lanes.map(({ lane, pending, state, detail }) => ({
      lane,
      pending,
      state,
      detail: detail ?? null,
    })),
  };
}

/**
 * `GET /api/v1/resources`: cpu_cores, rss_bytes, heap_used_bytes, heap_limit_bytes, event_loop_lag_seconds (p99),
 * store_bytes, store_quota_bytes, disk_free_bytes; null where it is not known.
 */
export function resourcesJson(resources: ResourcesView | undefined) {
  return {
    cpu_cores: resources?.cpuCores ?? null,
    rss_bytes: resources?.rssBytes ?? null,
    heap_used_bytes: resources?.heapUsedBytes ?? null,
    heap_limit_bytes: resources?.heapLimitBytes ?? null,
    event_loop_lag_seconds: resources?.eventLoopLag ?? null,
    store_bytes: resources?.storeBytes ?? null,
    store_quota_bytes: resources?.storeQuotaBytes ?? null,
    disk_free_bytes: resources?.diskFreeBytes ?? null,
  };
}

/**
 * `GET /api/v1/events?after=SEQUENCE`: `{latest_sequence, events: [...]}`, oldest first
 *
 * | field | |
 * | --- | --- |
 * | sequence | grows by one for each event, over restarts |
 * | at, kind, title, detail | kind: state, miss, quarantine, flag, release |
 * | state | for kind state, else null |
 * | reason | for kind miss, else null |
 * | phase | flagged (it went wrong), quarantined (set aside), recovered (through after all, or green again), else null |
 */
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

/**
 * `GET /api/v1/quarantine?before=NUMBER&limit=50&reason=&step=&since=`: `{total, next_before, items: [...]}`, newest
 * first; next_before is null on the last page, and a page may be short before that when few events fit. `total` counts
 * all, whatever is asked for.
 *
 * | field | |
 * | --- | --- |
 * | number | its name in replay and discard |
 * | event_id, source, type, key, tenant, traffic, revision | |
 * | timestamp, accepted_at, quarantined_at | |
 * | reason, step, detail | why, and where |
 * | attempts | how often it was tried, over all its stays |
 * | first_quarantined_at | earlier than quarantined_at when it was replayed and came back |
 * | trace_id | null when the producer sent no trace context |
 * | payload_bytes | |
 */
export function quarantinedJson(item: QuarantinedEvent) {
  const { number, event, verdict, attempts, quarantinedAt, firstQuarantinedAt } = item;
  return {
    number,
    event_id: event.id,
    source: event.source,
    type: event.type,
    key: event.key,
    tenant: event.tenant,
    traffic: event.traffic,
    revision: event.revision,
    timestamp: isoTime(event.timestamp),
    accepted_at: isoTime(event.acceptedAt),
    quarantined_at: isoTime(quarantinedAt),
    first_quarantined_at: isoTime(firstQuarantinedAt),
    reason: verdict.reason,
    step: verdict.step,
    detail: verdict.detail,
    attempts,
    trace_id: event.trace ? traceIdOf(event.trace) : null,
    payload_bytes: event.payload.length,
  };
}

/** `GET /api/v1/quarantine/{number}`: the fields of the list, and `payload`, the payload's JSON text as a string. */
export function quarantinedDetailJson(item: QuarantinedEvent) {
  return { ...quarantinedJson(item), payload: item.event.payload.toString('utf8') };
}

/**
 * `GET /api/v1/quarantine/audit?before=ID&limit=50`: `{next_before, entries: [...]}`, latest first
 *
 * | field | |
 * | --- | --- |
 * | id, at | |
 * | action | replay, discard |
 * | actor, via | name of the API key, or anonymous; api, cli, page |
 * | number, event_id, source, revision, reason, step, trace_id | of the event |
 * | outcome | done, superseded (left where it was), failed, unknown (the process ended in the middle of it) |
 */
export function auditJson(entry: AuditEntry) {
  return {
    id: entry.id,
    at: isoTime(entry.at),
    action: entry.action,
    actor: entry.actor,
    via: entry.via,
    number: entry.number,
    event_id: entry.eventId,
    source: entry.source,
    revision: entry.revision,
    reason: entry.reason,
    step: entry.step,
    trace_id: entry.traceId,
    outcome: entry.outcome,
  };
}

/**
 * `GET /api/v1/summary`, and the `summary` events of the stream: everything that the page draws.
 *
 * | field | |
 * | --- | --- |
 * | timestamp | of this answer, by the service's clock |
 * | service, version, track, sink, topic, started_at | |
 * | mode, mode_since | what is done with requests now, without any hold: normal, degraded (some are turned away), refusing (all are), draining |
 * | cheer, slos, pipeline, resources | as in the resources of those names |
 * | quarantined | events in quarantine now |
 * | latest_sequence | of the cheer events; 0 when there are none |
 * | caller | name and roles of who asks; not in the stream |
 */
export function summaryJson(view: AdminView, nowMs: number) {
  const { service, version, track, sink, topic, startedAt } = view.info;
  const { mode, since } = view.mode();
  return {
    timestamp: isoTime(nowMs),
    service,
    version,
    track,
    sink,
    topic,
    started_at: isoTime(startedAt),
    mode,
    mode_since: isoTime(since),
    cheer: cheerJson(view.verdict()),
    slos: sloJson(view.slo()),
    pipeline: pipelineJson(view.pipeline()),
    resources: resourcesJson(view.resources()),
    quarantined: view.quarantine.count(),
    latest_sequence: view.events(0).at(-1)?.sequence ?? 0,
  };
}
