export { createService, type Service } from './service/service';
export type { AdminOptions, CheerOptions, ServiceCheck, ServiceOptions } from './service/options';
export { workKinds, type SloOptions, type WorkKind } from './work/slos';
export type { HttpAddresses, ServiceAddresses } from './service/lifecycle';
export type { Release } from './service/releases';
export { processChecks } from './service/built-in-checks';

export type { HttpMiddleware } from './http/middleware';
export type { HttpErrorHandler } from './http/error-handler';
export { routePattern, unmatchedRoute } from './http/route-pattern';
export { requestIdOf } from './http/http-request';
export { AddressError, listenOn, stopServer, type WebServer } from './http/server';
export { syntheticBaggage, trafficOf } from './http/traffic';

export {
  extractTrace,
  headerText,
  injectTrace,
  type HeaderValue,
  type MessageHeaders,
} from './kafka/trace-headers';
export { identityOf, MemoryDedupe, type DedupeStore } from './kafka/dedupe';
export type { BatchPayload, KafkaConsumer, KafkaConsumerOptions, MessagePayload } from './kafka/consumer';
export type { ConsumedMessage } from './kafka/work-context';

export { ManualClock, systemClock, type Clock } from './clock';
export { SlotWindow } from './slot-window';
export {
  breakerStates,
  cheerStates,
  conditionNames,
  conditionUnits,
  missReasons,
  serviceModes,
  trafficKinds,
  type BreakerState,
  type CheerEvent,
  type CheerPhase,
  type CheerState,
  type CheerVerdict,
  type Condition,
  type ConditionName,
  type FigureUnit,
  type MissReason,
  type Reason,
  type ServiceMode,
  type TrafficKind,
} from './verdict';

export { CheerEngine, type CheerEngineOptions } from './cheer-engine';
export type { BatchCounts } from './batch-counts';
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
export {
  budgetRemaining,
  budgetWindowSeconds,
  burnWindows,
  type BurnRate,
  type SloDefinition,
  type SloFigures,
  type SloReading,
} from './slo';
export {
  defaultLatencyTargets,
  histogramQuantile,
  latencyBuckets,
  LatencyWindow,
  latencyWindowSeconds,
} from './latency-window';

export { RecentEvents, recentEventsCapacity, type RecentEventsOptions } from './recent-events';
export { recordHistory } from './cheer-history';

export type {
  FlagChange,
  FlagDefinition,
  FlagDefinitions,
  FlagReading,
  FlagValue,
  ValueOf,
} from './flags/definition';
export { createFlags, flagsCheck, FlagsFileError, type Flags, type FlagsOptions } from './flags/flags';
export {
  cheerFlags,
  countFlags,
  followCheerFlags,
  recordFlags,
  samplingRatio,
  type CheerFlagDefaults,
  type CheerFlagDefinitions,
} from './flags/cheer-flags';

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
export { redact } from './redact';
export { redactText } from './redact-text';
export { ProfileError, type ProfileErrorCode } from './profile/errors';
export {
  longestProfileSeconds,
  profileKinds,
  Profiler,
  type ProfileKind,
  type ProfileOptions,
} from './profile/profiler';
export { isSampled, parseTraceContext, traceIdOf, type TraceContext } from './trace-context';
export { currentRequest, runInRequest, type RequestContext } from './request-context';
export { startTracing, type Tracing, type TracingOptions } from './tracing/tracing';
export { activeTraceId, remoteContext, spanContextOf, traceContextOf } from './tracing/span-context';

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
export { combinations, counter, gauge, readCounter, readGauge, type Sample } from './metrics/instruments';
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
export { createCallMetrics, type CallMetrics } from './metrics/call-metrics';
export {
  createMessageMetrics,
  messageResults,
  type MessageMetrics,
  type MessageResult,
} from './metrics/message-metrics';
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

export { createAuthenticator, type ApiKey, type AuthenticatorOptions } from './auth/api-keys';
export {
  roles,
  type Authenticator,
  type Credentials,
  type Denial,
  type Identity,
  type Role,
} from './auth/authenticator';
export { challengeOf, denialRetrySeconds, explainDenial } from './auth/denial';
export { jwtAlgorithms, JwtVerifier, type JwtAlgorithm, type JwtOptions } from './auth/jwt';
export { KeysError, type KeySource } from './auth/jwt-key-source';
export { hostOf, isLoopbackHost, isLoopbackHostHeader } from './auth/loopback';

export type { AdminApp, AdminAppOptions } from './admin/admin-app';
export { createAdminApp } from './admin/create-admin-app';
export { allowOrigins, type CorsAccess, type CorsHandler } from './admin/cors';
export {
  createServiceView,
  type LocalServiceView,
  type ServiceViewSources,
} from './admin/create-service-view';
export type {
  BreakerView,
  FlagView,
  LaneView,
  LatencyView,
  PipelineView,
  QueueView,
  ResourcesView,
  ServiceInfo,
  ServiceView,
  SloView,
  StageView,
} from './admin/service-view';
export {
  breakersJson,
  cheerJson,
  eventJson,
  flagsJson,
  isoTime,
  pipelineJson,
  resourcesJson,
  sloJson,
  summaryJson,
} from './admin/api-json';
export { StreamClients, streamLimits, type StreamLimits } from './admin/stream-clients';
export {
  jsonAnswer,
  listOf,
  objectOf,
  orNull,
  schemaRef,
  type ApiAnswer,
  type ApiDescription,
  type ApiLink,
  type ApiOperation,
  type ApiParameter,
  type ApiPath,
  type JsonSchema,
} from './admin/openapi';
export { callerOf, requireRole, requireSameOriginJson, type AdminGuards } from './admin/guard';
export { methodNotAllowed, onlyMethod, ProblemError } from './admin/problem';
export { onlyParameters, readChoice, readDuration, readInteger, readTime } from './admin/query';

export { generateRules } from './rules/generate-rules';
export { ruleProfiles, type RuleProfile } from './rules/fast-profile';
export { specWarnings, type PlainSlo, type RulesSpec, type Sli } from './rules/spec';
export { burnTiers, rateWindows, type BurnTier, type RateWindow } from './rules/windows';
export type { AlertingRule, RecordingRule, RuleFiles, RuleGroup, Severity } from './rules/rule';
