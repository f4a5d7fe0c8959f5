import type { HealthReport, Probe } from '../health';
import type { ReleaseTrack } from '../metrics/resilience-metrics';
import type { BurnRate } from '../slo';
import type { BreakerState, CheerEvent, CheerVerdict, ServiceMode } from '../verdict';

/**
 * What the admin port needs to know about a service, as plain data. All methods but the asynchronous ones are called
 * up to once a second for the page and must only read memory. `createServiceView` makes one of the parts of the kit.
 */
export interface ServiceView {
  readonly info: ServiceInfo;
  /** The cheer now. */
  verdict(): CheerVerdict;
  /** What is done with requests now; `since` in epoch milliseconds. */
  mode(): { readonly mode: ServiceMode; readonly since: number };
  /** Every SLO. */
  slo(): readonly SloView[];
  /** Stages, queues, breakers and lanes; each may be empty. */
  pipeline(): PipelineView;
  /** Absent when the platform tells nothing. */
  resources(): ResourcesView | undefined;
  /** Recent cheer events with a greater sequence number, oldest first; at most what the ring holds. */
  events(sinceSequence: number): readonly CheerEvent[];
  /** Calls the listener for each new cheer event, in order; returns the unsubscribe. */
  subscribe(listener: (event: CheerEvent) => void): () => void;
  /** Feature flags as they are evaluated now. */
  flags(): readonly FlagView[];
  /** Events that wait in quarantine for a person; absent in a service that has none. */
  quarantined?(): number;
  /** Number of the attempt at a release that was recorded last, 0 when there is none; absent in a service that keeps none. */
  latestRelease?(): number;
  /** A scrape in the format that the Accept header asks for: OpenMetrics or plain text. */
  metrics(accept: string): Promise<{ readonly contentType: string; readonly body: string }>;
  /** The process only: false means that a restart would help. */
  liveness(): Probe;
  /** False while draining or while a dependency that the work needs is away. Bounded in time; never rejects. */
  readiness(): Promise<Probe>;
  /** Every check with its detail. Bounded in time; never rejects. */
  health(): Promise<HealthReport>;
}

/** What runs here. */
export interface ServiceInfo {
  readonly service: string;
  readonly version: string;
  readonly track: ReleaseTrack;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Where it publishes to, by the name that metrics use, for a service that does. */
  readonly sink?: string;
  readonly topic?: string;
}

/** One SLO over its window. */
export interface SloView {
  readonly name: string;
  /** One sentence that says what counts as good. */
  readonly description: string;
  /** Ratio that must be good, for example 0.999. */
  readonly objective: number;
  readonly windowSeconds: number;
  readonly good: number;
  readonly bad: number;
  /** 1 when untouched, 0 when spent, negative when overspent. */
  readonly budgetRemaining: number;
  /** How fast the budget is spent over a short, a middle and a long window, in this order. */
  readonly burnRates: readonly BurnRate[];
}

/** Seconds. */
export interface LatencyView {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** One stage of a service that hands work on from stage to stage. */
export interface StageView {
  readonly name: string;
  /** Events per second over the last seconds. */
  readonly rate: number;
  /** Events since the start of the process. */
  readonly total: number;
  /** Absent when nothing was measured in the window. */
  readonly latency?: LatencyView;
}

/** One bounded queue. */
export interface QueueView {
  readonly name: string;
  /** In the same unit as `capacity`. */
  readonly depth: number;
  readonly capacity: number;
  readonly unit: 'bytes' | 'events';
  /** Saturation above which the service is not healthy: a ratio of `capacity`. */
  readonly ceiling: number;
  /** Age of the oldest item in seconds; absent when the queue is empty. */
  readonly oldestAge?: number;
  readonly ageTarget?: number;
}

/** One circuit breaker. */
export interface BreakerView {
  readonly downstream: string;
  readonly state: BreakerState;
  /** Epoch milliseconds since when it is in this state. */
  readonly since: number;
}

/** One ordered lane of work. */
export interface LaneView {
  readonly lane: number;
  /** Events that are accepted and not settled. */
  readonly pending: number;
  /** `waiting`: the lane has events and can't send them now; `detail` says why. */
  readonly state: 'idle' | 'sending' | 'waiting';
  readonly detail?: string;
}

/** Each list may be empty. */
export interface PipelineView {
  /** In the order in which events flow. */
  readonly stages: readonly StageView[];
  readonly queues: readonly QueueView[];
  readonly breakers: readonly BreakerView[];
  readonly lanes: readonly LaneView[];
}

/** Every field but the first three may be absent where it can't be read cheaply. */
export interface ResourcesView {
  /** Cores in use: 0.5 is half of one core. */
  readonly cpuCores: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapLimitBytes?: number;
  /** p99 of the event loop's delay in seconds. */
  readonly eventLoopLag?: number;
  /** p99 of the garbage collector's pauses in the last minute, in seconds; absent when there was none. */
  readonly gcPauseP99?: number;
  /** Part of the last minute that was spent in them. */
  readonly gcTimeRatio?: number;
  readonly storeBytes?: number;
  readonly storeQuotaBytes?: number;
  readonly diskFreeBytes?: number;
}

/** One feature flag as it is evaluated now. */
export interface FlagView {
  readonly flag: string;
  readonly variant: string;
  readonly value: boolean | number | string;
  /** Why it has this value, in the words of the OpenFeature specification (`STATIC`, `DEFAULT`, `ERROR`, …). */
  readonly reason?: string;
  /** One sentence that says what it switches. */
  readonly description?: string;
}
