import type { CallResult, ShedReason } from '@selfcheer/cheer-kit';
import { systemClock } from '@selfcheer/cheer-kit';
import type { Config } from '../config/schema';
import type { QuarantineReason, Traffic } from '../event';
import { BatchJudge, type FrozenFacts, type SettledFacts } from './batch-judge';
import { DeliveryWatch, type OpenedLane } from './delivery-watch';
import type { IngestResult, PipelineStage, Transport } from './pipeline-metrics';
import { StageMeter } from './stage-meter';
import { sloNames, type Telemetry } from './telemetry';

/** One settled relay batch, as far as it is counted. */
export interface SettledCounts extends SettledFacts {
  readonly through: number;
  readonly enriched: number;
  readonly published: number;
  readonly refused: readonly {
    readonly seq: number;
    readonly verdict: { readonly reason: QuarantineReason; readonly detail: string };
  }[];
  readonly enrichSeconds: number;
  readonly publishSeconds: number;
  /** Of its spans, when it has any. */
  readonly traceId?: string;
}

/** Attempts to call one downstream of enrichment. */
export interface CalledCounts {
  readonly downstream: string;
  readonly calls: Readonly<Partial<Record<CallResult, number>>>;
  readonly retries: number;
  /** How the last one ended; `detail` when it failed. */
  readonly last: CallResult;
  readonly detail?: string;
}

/** Figures of the store at one moment; bytes and seconds. */
export interface StoreFigures {
  readonly commitQueueBytes: number;
  readonly commitOldestSeconds: number;
  readonly outboxBytes: number;
  readonly dedupeWindowSeconds: number;
  readonly quarantined: number;
  /** What the store's quota is for: the outbox and quarantine. */
  readonly heldBytes: number;
  /** Lanes of the store, the synthetic one included. */
  readonly lanes: number;
}

const callResults: Record<'published' | 'ambiguous' | 'waiting' | 'refused', CallResult> = {
  published: 'success',
  ambiguous: 'ambiguous',
  waiting: 'unavailable',
  refused: 'refused',
};
/** The oldest unsettled event may be this many delivery targets old before the age condition fails. */
const ageTargets = 3;
const commitAgeTargetSeconds = 1;

/**
 * Where the stages tell what happens, and where it becomes figures: SLO events, latencies, cheers and misses, queues,
 * metrics. Methods are called on the hot path with whole batches and never throw.
 */
export class Signals {
  readonly stages: Record<PipelineStage, StageMeter>;
  private readonly batches: BatchJudge;
  private readonly delivery: DeliveryWatch;
  private realAt: number | undefined;
  /** By lane. */
  private readonly waiting = new Map<number, string>();
  /** What downstreams of enrichment failed with last, until they do well again. */
  private readonly failures = new Map<string, string>();

  constructor(
    private readonly telemetry: Telemetry,
    private readonly config: Config,
  ) {
    const meter = (): StageMeter => new StageMeter(systemClock);
    this.stages = { ingest: meter(), commit: meter(), enrich: meter(), publish: meter() };
    this.delivery = this.watch();
    const { engine } = telemetry;
    this.batches = new BatchJudge({
      targetSeconds: config.slo.deliveryTargetSeconds,
      now: () => performance.now(),
      waitsSince: (lane) => this.delivery.waitsSince(lane),
      troubledDownstreams: () =>
        engine.breakers().flatMap(({ downstream, state }) => (state === 'closed' ? [] : downstream)),
      cheer: (traffic, durationSeconds) => engine.batchSettled({ traffic, durationSeconds }),
      miss: (traffic, reason, detail) => engine.batchMissed({ traffic, reason, detail }),
    });
  }

  /** The store has been opened, for the first time or again; `aliveAt` is the end of the process before. */
  opened(lanes: readonly OpenedLane[], aliveAt: number): void {
    this.delivery.opened(lanes, aliveAt);
    this.batches.forget();
    this.waiting.clear();
  }

  private watch(): DeliveryWatch {
    return new DeliveryWatch({
      targetSeconds: this.config.slo.deliveryTargetSeconds,
      now: () => performance.now(),
      wallClock: () => Date.now(),
      judge: (good, bad) => this.telemetry.engine.recordSlo(sloNames.delivery, good, bad),
    });
  }

  /** Monotonic milliseconds at which a real event was last accepted. */
  get lastRealAt(): number | undefined {
    return this.realAt;
  }

  ingested(transport: Transport, result: IngestResult, count: number, traffic: Traffic): void {
    this.telemetry.pipeline.ingested(transport, result, count);
    if (traffic !== 'real' || result === 'rejected') return;
    const bad = result === 'refused' || result === 'failed';
    if (result === 'accepted' || result === 'updated') this.realAt = performance.now();
    this.telemetry.engine.recordSlo(sloNames.availability, bad ? 0 : count, bad ? count : 0);
  }

  latency(
    transport: Transport,
    seconds: number,
    count: number,
    traceId: string | undefined,
    traffic: Traffic,
  ): void {
    const { engine, pipeline } = this.telemetry;
    this.stages.ingest.record(count, seconds);
    pipeline.stageDuration.ingest.observeMany(seconds, count, traceId);
    if (traffic !== 'real') return;
    pipeline.ingestLatency[transport].observeMany(seconds, count, traceId);
    engine.recordLatency(seconds, count);
    const good = seconds <= this.config.slo.latencyTargetSeconds;
    engine.recordSlo(sloNames.latency, good ? count : 0, good ? 0 : count);
  }

  shed(reason: ShedReason, count: number): void {
    this.telemetry.resilience.shed(reason, count);
  }

  committed(
    lanes: readonly { readonly lane: number; readonly high: number; readonly count: number }[],
    seconds: number,
  ): void {
    let events = 0;
    for (const { lane, high, count } of lanes) {
      this.delivery.committed(lane, high);
      events += count;
    }
    this.telemetry.pipeline.flushed(events);
    this.record('commit', events, seconds);
  }

  frozen(batch: FrozenFacts): void {
    this.batches.frozen(batch);
  }

  /** This event is on its way again from quarantine: it was judged when it went there. */
  replayed(lane: number, seq: number): void {
    this.delivery.excuse(lane, seq);
  }

  settled(batch: SettledCounts): void {
    const { pipeline, resilience } = this.telemetry;
    this.batches.settled(batch);
    this.waiting.delete(batch.lane);
    const refused = batch.refused.map(({ seq }) => seq);
    this.delivery.settled(batch.lane, batch.through, refused);
    pipeline.enriched(batch.enriched);
    pipeline.published(batch.published);
    this.record('enrich', batch.enriched, batch.enrichSeconds, batch.traceId);
    this.record('publish', batch.published, batch.publishSeconds, batch.traceId);
    for (const { verdict } of batch.refused) resilience.quarantined(verdict.reason, 1);
  }

  private record(stage: PipelineStage, events: number, seconds: number, traceId?: string): void {
    if (events === 0) return;
    this.stages[stage].record(events, seconds);
    this.telemetry.pipeline.stageDuration[stage].observeMany(seconds, events, traceId);
  }

  sent(result: keyof typeof callResults, retry: boolean): void {
    this.telemetry.pipeline.called(this.telemetry.downstream, callResults[result]);
    if (retry) this.telemetry.resilience.retried(1);
  }

  /** What enrichment called since it last told. */
  called({ downstream, calls, retries, last, detail }: CalledCounts): void {
    if (last === 'success') this.failures.delete(downstream);
    else this.failures.set(downstream, detail ?? last);
    const { pipeline, resilience } = this.telemetry;
    for (const result of Object.keys(calls) as CallResult[]) {
      pipeline.called(downstream, result, calls[result] ?? 0);
    }
    if (retries > 0) resilience.retried(retries);
  }

  /** The lane's batch can't go on now, and why. */
  waits(lane: number, reason: string): void {
    this.waiting.set(lane, reason);
  }

  /** Why the lane waits; undefined when it does not, as far as anyone knows. */
  waitReason(lane: number): string | undefined {
    const late = this.batches.isLate(lane)
      ? `not settled within ${this.config.slo.deliveryTargetSeconds} s: nobody has answered yet`
      : undefined;
    return this.waiting.get(lane) ?? late;
  }

  /** What a downstream of enrichment failed with last; undefined when its last call went well. */
  failureOf(downstream: string): string | undefined {
    return this.failures.get(downstream);
  }

  /** The relay has died: its batches will be frozen anew. */
  relayLost(): void {
    this.batches.forget();
    this.waiting.clear();
  }

  /** Called a few times a second: judges what is late and reads the queues. */
  sample(store: StoreFigures, heartbeatSeconds: number): void {
    const { engine, pipeline, resilience } = this.telemetry;
    const { outbox, publish, slo } = this.config;
    this.delivery.tick();
    this.batches.tick();
    const ageTargetSeconds = ageTargets * slo.deliveryTargetSeconds;
    engine.setQueue('commit', {
      depth: store.commitQueueBytes,
      capacity: outbox.queueBytes,
      oldestAgeSeconds: store.commitOldestSeconds,
      ageTargetSeconds: commitAgeTargetSeconds,
    });
    engine.setQueue('outbox', {
      depth: store.heldBytes,
      capacity: outbox.quotaBytes,
      oldestAgeSeconds: Math.max(this.delivery.oldestSeconds(), heartbeatSeconds),
      ageTargetSeconds,
    });
    engine.setQueue('publish', {
      depth: this.batches.inFlight(),
      // One frozen batch a lane, and room to read the next.
      capacity: 2 * store.lanes * publish.batchEvents,
      oldestAgeSeconds: this.batches.oldestSeconds(),
      ageTargetSeconds,
    });
    pipeline.setStoreBytes(store.outboxBytes);
    resilience.setDedupeWindow(store.dedupeWindowSeconds);
    resilience.setQuarantinedNow(store.quarantined);
  }
}
