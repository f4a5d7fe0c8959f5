import { renderMetrics, type Health, type Logger, type RecentEvents } from '@selfcheer/cheer-kit';
import { pipelineStages } from './cheer/pipeline-metrics';
import type { Signals } from './cheer/signals';
import { queueNames, type Telemetry } from './cheer/telemetry';
import type { Config } from './config/schema';
import type { QuarantinedEvent } from './event';
import type { DiskWatch } from './outbox/disk-watch';
import type { Pipeline } from './pipeline';
import type { AdminView, QueueView } from './sidecar/admin-view';
import { version } from './version';

export interface AdminSources {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly signals: Signals;
  readonly pipeline: Pipeline;
  readonly recent: RecentEvents;
  readonly health: Health;
  readonly disk: DiskWatch;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** The service as the admin port shows it. */
export function createAdminView(sources: AdminSources): AdminView {
  const { config, telemetry, signals, pipeline, recent, health, disk, logger } = sources;
  const { engine } = telemetry;

  const audited = async (
    action: 'replay' | 'discard',
    number: number,
    actor: string,
    change: Promise<QuarantinedEvent | undefined>,
  ): Promise<boolean> => {
    const event = await change;
    if (!event) return false;
    const { id, source } = event.event;
    logger.info({ audit: action, actor, number, event_id: id, source }, `quarantined event: ${action}`);
    const title = action === 'replay' ? 'Replayed from quarantine' : 'Discarded from quarantine';
    recent.add({ kind: 'quarantine', title, detail: `event ${id} (number ${number}), by ${actor}` });
    return true;
  };

  const queues = (): QueueView[] =>
    queueNames.flatMap((name) => {
      const reading = engine.queues().get(name);
      if (!reading) return [];
      const { depth, capacity, oldestAgeSeconds, ageTargetSeconds } = reading;
      return {
        name,
        depth,
        capacity,
        unit: name === 'publish' ? 'events' : 'bytes',
        ceiling: config.cheer.saturationCeilingRatio,
        ...(oldestAgeSeconds > 0 && { oldestAge: oldestAgeSeconds }),
        ...(ageTargetSeconds !== undefined && { ageTarget: ageTargetSeconds }),
      };
    });

  return {
    info: {
      service: config.service,
      version,
      track: config.track,
      sink: telemetry.downstream,
      topic: config.kafka.topic,
      startedAt: sources.startedAt,
    },
    verdict: () => engine.verdict(),
    slo: () =>
      engine.sloReadings().map(({ definition, windowSeconds, good, bad, budgetRemaining }) => ({
        name: definition.name,
        description: definition.description,
        objective: definition.objective,
        windowSeconds,
        good,
        bad,
        budgetRemaining,
      })),
    pipeline: () => ({
      stages: pipelineStages.map((name) => ({ name, ...signals.stages[name].figures() })),
      queues: queues(),
      breakers: engine.breakers(),
      lanes: pipeline.lanes.map(({ low, high }, lane) => {
        const pending = high - low + 1;
        return {
          lane,
          pending,
          state: pending === 0 ? 'idle' : signals.isStuck(lane) ? 'waiting' : 'sending',
        };
      }),
    }),
    resources() {
      const { cpuCores, rssBytes, heapUsedBytes, heapLimitBytes, eventLoopLagSeconds } =
        telemetry.resources.read();
      return {
        cpuCores,
        rssBytes,
        heapUsedBytes,
        heapLimitBytes,
        eventLoopLag: eventLoopLagSeconds,
        storeBytes: pipeline.figures().outboxBytes,
        storeQuotaBytes: config.outbox.quotaBytes,
        diskFreeBytes: disk.freeBytes,
      };
    },
    events: (since) => recent.since(since),
    subscribe: (listener) => recent.subscribe(listener),
    quarantine: {
      count: () => pipeline.quarantined().count,
      list: (page) => pipeline.quarantined().list(page),
      get: (number) => pipeline.quarantined().get(number),
      replay: (number, actor) => audited('replay', number, actor, pipeline.replay(number)),
      discard: (number, actor) => audited('discard', number, actor, pipeline.discard(number)),
    },
    metrics: (accept) => renderMetrics(telemetry.registry, accept),
    liveness: () => health.liveness(),
    readiness: () => health.readiness(),
    health: () => health.report(),
  };
}
