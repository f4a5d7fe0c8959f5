import {
  breakerStates,
  callResults,
  cheerStates,
  conditionNames,
  missReasons,
  releaseTracks,
  shedReasons,
  trafficKinds,
} from '@selfcheer/cheer-kit';

type Type = 'counter' | 'gauge' | 'histogram';

export interface Family {
  readonly name: string;
  readonly type: Type;
  /** The labels it may have, with their closed lists; `any` where each service has names of its own. */
  readonly labels: Readonly<Record<string, readonly string[] | RegExp>>;
  /** Must be there in every service, with a series for every value of its closed lists. */
  readonly required: boolean;
}

/** Names that a service chooses itself, at its start: neither paths nor ids. */
const any = /^[\w./:{}()*?+|\\ -]{0,200}$/;
const none = {} as const;
const traffic = trafficKinds;
const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'];
const grpcCodes = /^(OK|[A-Z]+(_[A-Z]+)*)$/;
const memoryKinds = ['rss', 'heap_total', 'heap_used', 'external', 'array_buffers', 'limit'];

/** Names and labels that dashboards and alert rules hold on to; docs/metrics.md tells what each means. */
export const families: readonly Family[] = [
  required('cheer_slo_events_total', 'counter', { slo: any, result: ['good', 'bad'] }),
  required('cheer_slo_objective_ratio', 'gauge', { slo: any }),
  required('cheer_slo_min_bad_events', 'gauge', { slo: any }),
  optional('cheer_latency_target_seconds', 'gauge', { slo: any }),
  required('cheer_health_latency_target_seconds', 'gauge', none),
  required('cheer_health_budget_floor_ratio', 'gauge', none),
  required('cheer_health_saturation_ceiling_ratio', 'gauge', none),
  required('cheer_health', 'gauge', none),
  required('cheer_state', 'gauge', { state: cheerStates }),
  optional('cheer_score', 'gauge', none),
  required('cheer_condition', 'gauge', { condition: conditionNames }),
  required('cheer_error_budget_remaining_ratio', 'gauge', { slo: any }),
  required('cheer_batches_total', 'counter', { traffic }),
  required('cheer_cheers_total', 'counter', { traffic }),
  required('cheer_missed_total', 'counter', { reason: missReasons, traffic }),
  required('cheer_batch_duration_seconds', 'histogram', none),
  required('cheer_recovery_seconds', 'gauge', none),
  required('cheer_state_changes_total', 'counter', { to: cheerStates }),
  optional('cheer_queue_depth', 'gauge', { queue: any }),
  optional('cheer_queue_capacity', 'gauge', { queue: any }),
  optional('cheer_queue_oldest_age_seconds', 'gauge', { queue: any }),
  optional('cheer_queue_age_target_seconds', 'gauge', { queue: any }),
  optional('cheer_breaker_state', 'gauge', { downstream: any, state: breakerStates }),
  required('cheer_breaker_transitions_total', 'counter', none),
  required('cheer_retries_total', 'counter', none),
  required('cheer_shed_total', 'counter', { reason: shedReasons }),
  required('cheer_build_info', 'gauge', { version: any, track: releaseTracks }),
  optional('feature_flag_info', 'gauge', { flag: any, variant: any }),
  optional('ingests_total', 'counter', {
    transport: ['http', 'grpc'],
    result: ['accepted', 'duplicate', 'updated', 'rejected', 'refused', 'failed'],
  }),
  optional('ingest_latency_seconds', 'histogram', { transport: ['http', 'grpc'] }),
  optional('http_requests_total', 'counter', {
    method: httpMethods,
    route: any,
    status_code: /^([1-5]\d\d|other)$/,
  }),
  optional('http_request_duration_seconds', 'histogram', { method: httpMethods, route: any }),
  optional('grpc_server_handled_total', 'counter', { method: any, code: grpcCodes }),
  optional('grpc_server_handling_seconds', 'histogram', { method: any }),
  optional('downstream_calls_total', 'counter', { downstream: any, result: callResults }),
  optional('downstream_success_total', 'counter', { downstream: any }),
  required('cpu_usage_ratio', 'gauge', none),
  required('memory_usage_bytes', 'gauge', { kind: memoryKinds }),
  required('gc_pause_seconds', 'histogram', { kind: ['major', 'minor', 'incremental', 'weakcb'] }),
  required('event_loop_lag_seconds', 'gauge', none),
  required('process_cpu_seconds_total', 'counter', none),
  required('process_resident_memory_bytes', 'gauge', none),
  required('process_start_time_seconds', 'gauge', none),
];

/** Set by Prometheus for each target: a process that sets them too hides the target's own. */
export const foreignLabels = ['service', 'job', 'instance', 'namespace'];

/** A pod's share of what Prometheus keeps. */
export const maxSeries = 1_000;

function required(name: string, type: Type, labels: Family['labels']): Family {
  return { name, type, labels, required: true };
}

function optional(name: string, type: Type, labels: Family['labels']): Family {
  return { name, type, labels, required: false };
}
