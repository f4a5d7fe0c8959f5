export { ManualClock, systemClock, type Clock } from './clock';
export { SlotWindow } from './slot-window';
export {
  breakerStates,
  cheerStates,
  conditionNames,
  missReasons,
  serviceModes,
  trafficKinds,
  type BreakerState,
  type CheerEvent,
  type CheerState,
  type CheerVerdict,
  type Condition,
  type ConditionName,
  type MissReason,
  type Reason,
  type ServiceMode,
  type TrafficKind,
} from './verdict';

export { CheerEngine, type CheerEngineOptions } from './cheer-engine';
export type { CheerFigures, CheerLimits, Level } from './conditions';
export { judge, saturationRed } from './conditions';
export { cheerScore } from './score';
export { saturationOf, type BreakerReading, type QueueReading } from './engine-state';
export type {
  BatchCheered,
  BatchMissed,
  BreakerEvent,
  EngineEvent,
  EventsQuarantined,
  EventsRecovered,
  StateEvent,
} from './engine-events';
export { budgetRemaining, budgetWindowSeconds, type SloDefinition, type SloReading } from './slo';
export {
  defaultLatencyTargets,
  histogramQuantile,
  latencyBuckets,
  LatencyWindow,
  latencyWindowSeconds,
} from './latency-window';

export { RecentEvents, recentEventsCapacity, type RecentEventsOptions } from './recent-events';
export { recordHistory } from './cheer-history';

export {
  Health,
  healthStatuses,
  type CheckResult,
  type HealthCheck,
  type HealthOptions,
  type HealthReport,
  type HealthStatus,
  type Probe,
} from './health';
export { createLogger, withCorrelation, type Logger, type LoggerOptions } from './logger';
export { redact, redactText } from './redact';
export { isSampled, parseTraceContext, traceIdOf, type TraceContext } from './trace-context';

export {
  createDownstream,
  type CallOptions,
  type Downstream,
  type DownstreamOptions,
} from './resilience/downstream';
export { AimdLimit, type AimdOptions, type AimdResult } from './resilience/aimd-limit';
export { createTimeout } from './resilience/attempt-timeout';
export { Breaker, type BreakerCall, type BreakerOptions } from './resilience/breaker';
export {
  callWindow,
  sourceWindow,
  type BreakerWindow,
  type BreakerWindowOptions,
} from './resilience/breaker-window';
export { createBulkhead, type Bulkhead, type BulkheadOptions } from './resilience/bulkhead';
export { downstreamMetrics, type DownstreamMetricsOptions } from './resilience/downstream-metrics';
export { downstreamSpans } from './resilience/downstream-spans';
export { callResults, type CallResult, type ResilienceEvent, type Server } from './resilience/events';
export { parseRetryAfter } from './resilience/retry-after';
export { createRetry, fullJitter, type Retry, type RetryOptions } from './resilience/retry';
export { RetryBudget, type RetryBudgetOptions } from './resilience/retry-budget';
export { callResultOf, isTransient } from './resilience/transient';
export {
  BreakerOpenError,
  BulkheadFullError,
  CallTimeoutError,
  HttpError,
  KitError,
} from './resilience/errors';

export { createRegistry, type MetricsRegistry } from './metrics/registry';
export { prefersOpenMetrics, renderMetrics, type RenderedMetrics } from './metrics/render';
export { combinations, counter, gauge, readCounter, readGauge } from './metrics/instruments';
export {
  LatencyHistogram,
  type LatencyHistogramOptions,
  type LatencySeries,
} from './metrics/latency-histogram';
export { createCheerMetrics, type CheerMetricsOptions } from './metrics/cheer-metrics';
export { createSloMetrics } from './metrics/slo-metrics';
export {
  createResilienceMetrics,
  releaseTracks,
  shedReasons,
  type ReleaseTrack,
  type ResilienceMetrics,
  type ResilienceMetricsOptions,
  type ShedReason,
} from './metrics/resilience-metrics';
export {
  createServiceMetrics,
  type GrpcCallSample,
  type HttpRequestSample,
  type ServiceMetrics,
  type ServiceMetricsOptions,
} from './metrics/service-metrics';
export {
  createResourceMetrics,
  type ResourceMetrics,
  type ResourceReading,
} from './metrics/resource-metrics';
export { abortable } from './discovery/abortable';
export { NoInstanceError, type Resolver } from './discovery/resolver';
export { createStaticResolver } from './discovery/static-resolver';
export { createDnsResolver, type DnsResolverOptions } from './discovery/dns-resolver';
export { ConsulResolver, type ConsulResolverOptions } from './discovery/consul-resolver';
export { ConsulRegistration, type ConsulRegistrationOptions } from './discovery/consul-registration';
export { ConsulError, type ConsulAgent } from './discovery/consul-agent';
