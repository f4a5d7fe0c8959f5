import { renderMetrics, traceIdOf, type Health, type Logger, type RecentEvents } from '@selfcheer/cheer-kit';
import { pipelineStages } from './cheer/pipeline-metrics';
import type { Signals } from './cheer/signals';
import { queueNames, type Telemetry } from './cheer/telemetry';
import type { Config } from './config/schema';
import type { Actor, QuarantineAction, QuarantineResult } from './event';
import type { DiskWatch } from './outbox/disk-watch';
import type { Pipeline } from './pipeline';
import type { AdminView, QueueView } from './sidecar/admin-view';
import { version } from './version';
import { countOf } from './words';

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

  const titles = { replay: 'Replayed from quarantine', discard: 'Discarded from quarantine' };

  const act = async (action: QuarantineAction, number: number, actor: Actor): Promise<QuarantineResult> => {
    const { result, event: item } = await pipeline.settleQuarantined(action, number, actor);
    if (!item) return result;
    const { event, verdict } = item;
    const facts = {
      ...{ audit: action, outcome: result, actor: actor.name, via: actor.via, number, event_id: event.id },
      ...{ source: event.source, reason: verdict.reason, step: verdict.step },
      ...(event.trace && { trace_id: traceIdOf(event.trace) }),
    };
    logger.info(facts, `quarantined event: ${action}`);
    if (result === 'done') {
      const detail = `event ${event.id} (number ${number}), by ${actor.name}`;
      recent.add({ kind: 'quarantine', title: titles[action], detail });
    }
    return result;
  };

  const actOnAll: AdminView['quarantine']['actOnAll'] = async (action, request, actor) => {
    const result = await pipeline.settleAllQuarantined(action, request, actor);
    const { done, superseded } = result;
    if (done + superseded === 0) return result;
    // One line a step: the audit names each event.
    const facts = { audit: action, actor: actor.name, via: actor.via, count: done, superseded };
    logger.info(facts, `quarantined events: ${action}`);
    if (done > 0) {
      const detail = `${countOf(done, 'event')}, by ${actor.name}`;
      recent.add({ kind: 'quarantine', title: titles[action], detail });
    }
    return result;
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
    mode: () => engine.mode(),
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
        if (pending === 0) return { lane, pending, state: 'idle' };
        const detail = signals.waitReason(lane);
        return detail === undefined
          ? { lane, pending, state: 'sending' }
          : { lane, pending, state: 'waiting', detail };
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
      act,
      actOnAll,
      audit: (page) => pipeline.audited(page),
    },
    metrics: (accept) => renderMetrics(telemetry.registry, accept),
    liveness: () => health.liveness(),
    readiness: () => health.readiness(),
    health: () => health.report(),
  };
}
