import type {
  BreakerState,
  CheerEvent,
  CheerVerdict,
  HealthReport,
  Probe,
  ServiceMode,
} from '@selfcheer/cheer-kit';
import type {
  Actor,
  AuditEntry,
  BulkResult,
  QuarantineAction,
  QuarantinedEvent,
  QuarantineFilter,
  QuarantineResult,
} from '../event';

/**
 * What the admin port needs to know about the service, as plain data. `app.ts` implements it over the cheer
 * engine, the store and the metrics. All methods but the asynchronous ones are called up to once a second for
 * the page and must only read memory.
 */
export interface AdminView {
  readonly info: ServiceInfo;
  verdict(): CheerVerdict;
  /** What is done with requests now; `since` in epoch milliseconds. */
  mode(): { readonly mode: ServiceMode; readonly since: number };
  slo(): readonly SloView[];
  pipeline(): PipelineView;
  /** Absent when the platform tells nothing. */
  resources(): ResourcesView | undefined;
  /** Recent cheer events with a greater sequence number, oldest first; at most what the ring holds. */
  events(sinceSequence: number): readonly CheerEvent[];
  /** Calls the listener for each new cheer event, in order; returns the unsubscribe. */
  subscribe(listener: (event: CheerEvent) => void): () => void;
  readonly quarantine: QuarantineView;
  /** A scrape in the format that the Accept header asks for: OpenMetrics or plain text. */
  metrics(accept: string): Promise<{ readonly contentType: string; readonly body: string }>;
  /** The process only: false means that a restart would help. */
  liveness(): Probe;
  /** False while draining or while a dependency that ingest needs is away. Bounded in time; never rejects. */
  readiness(): Promise<Probe>;
  /** Every check with its detail. Bounded in time; never rejects. */
  health(): Promise<HealthReport>;
}

export interface ServiceInfo {
  readonly service: string;
  readonly version: string;
  readonly track: 'stable' | 'canary' | 'preview';
  readonly sink: 'kafka' | 'log';
  readonly topic: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
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
}

/** Seconds. */
export interface LatencyView {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export type StageName = 'ingest' | 'commit' | 'enrich' | 'publish';

export interface StageView {
  readonly name: StageName;
  /** Events per second over the last seconds. */
  readonly rate: number;
  /** Events since the start of the process. */
  readonly total: number;
  /** Absent when nothing was measured in the window. */
  readonly latency?: LatencyView;
}

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

export interface BreakerView {
  readonly downstream: string;
  readonly state: BreakerState;
  /** Epoch milliseconds since when it is in this state. */
  readonly since: number;
}

export interface LaneView {
  readonly lane: number;
  /** Events that are accepted and not settled. */
  readonly pending: number;
  /** `waiting`: the lane has events and can't send them now; `detail` says why. */
  readonly state: 'idle' | 'sending' | 'waiting';
  readonly detail?: string;
}

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
  readonly storeBytes?: number;
  readonly storeQuotaBytes?: number;
  readonly diskFreeBytes?: number;
}

/** Events that wait for a person. Rejections with a retriable SelfcheerError become 503, others 500. */
export interface QuarantineView {
  count(): number;
  /** Events with a smaller number than `before`, greatest number first; fewer than `limit` although there are more when few fit. */
  list(page: QuarantineFilter & { readonly before: number; readonly limit: number }): Promise<{
    readonly items: readonly QuarantinedEvent[];
    /** Null when there are no more. */
    readonly nextBefore: number | null;
  }>;
  get(number: number): Promise<QuarantinedEvent | undefined>;
  /** Replay puts the event back at the end of its lane under its own id; discard forgets it for good, and its id. */
  act(action: QuarantineAction, number: number, actor: Actor): Promise<QuarantineResult>;
  /** One step of the same for all that fit and have numbers behind `after`, up to `through`: oldest first. */
  actOnAll(
    action: QuarantineAction,
    request: QuarantineFilter & { readonly after: number; readonly through?: number },
    actor: Actor,
  ): Promise<BulkResult>;
  /** Who did what, latest first. */
  audit(page: { readonly before: number; readonly limit: number }): Promise<readonly AuditEntry[]>;
}
