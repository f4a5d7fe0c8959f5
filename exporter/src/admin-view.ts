import {
  createServiceView,
  traceIdOf,
  type Health,
  type Logger,
  type RecentEvents,
} from '@selfcheer/cheer-kit';
import { pipelineStages } from './cheer/pipeline-metrics';
import type { Signals } from './cheer/signals';
import type { SyntheticRuns } from './cheer/synthetic-runs';
import type { Telemetry } from './cheer/telemetry';
import type { Config } from './config/schema';
import type { Actor, QuarantineAction, QuarantineResult } from './event';
import type { ServiceFlags } from './flags';
import type { DiskWatch } from './outbox/disk-watch';
import type { Pipeline } from './pipeline';
import type { AdminView } from './sidecar/admin-view';
import { releaseEvent } from './sidecar/releases-json';
import type { ReleaseStore } from './sidecar/releases-store';
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
  readonly flags: Pick<ServiceFlags, 'list'>;
  readonly synthetic: SyntheticRuns;
  readonly releases: ReleaseStore;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** The service as the admin port shows it. */
export function createAdminView(sources: AdminSources): AdminView {
  const { config, telemetry, signals, pipeline, recent, health, disk, flags, logger } = sources;

  const service = createServiceView({
    info: {
      service: config.service,
      version,
      track: config.track,
      sink: telemetry.downstream,
      topic: config.kafka.topic,
      startedAt: sources.startedAt,
    },
    engine: telemetry.engine,
    recent,
    health,
    registry: telemetry.registry,
    resources: telemetry.resources,
    flags: () => flags.list(),
    queuesInBytes: ['commit', 'outbox'],
  });

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

  return {
    ...service,
    pipeline: () => ({
      ...service.pipeline(),
      stages: pipelineStages.map((name) => ({ name, ...signals.stages[name].figures() })),
      lanes: pipeline.lanes.map(({ low, high }, lane) => {
        const pending = high - low + 1;
        if (pending === 0) return { lane, pending, state: 'idle' };
        const detail = signals.waitReason(lane);
        return detail === undefined
          ? { lane, pending, state: 'sending' }
          : { lane, pending, state: 'waiting', detail };
      }),
    }),
    resources: () => ({
      ...service.resources(),
      storeBytes: pipeline.figures().outboxBytes,
      storeQuotaBytes: config.outbox.quotaBytes,
      diskFreeBytes: disk.freeBytes,
    }),
    synthetic: sources.synthetic,
    releases: {
      store: sources.releases,
      recorded(release) {
        const { run, verdict } = release.document;
        logger.info(
          { release: release.document.release, run, verdict, actor: release.recordedBy },
          'release recorded',
        );
        recent.add({ kind: 'release', ...releaseEvent(release) });
      },
    },
    quarantine: {
      count: () => pipeline.quarantined().count,
      list: (page) => pipeline.quarantined().list(page),
      get: (number) => pipeline.quarantined().get(number),
      act,
      actOnAll,
      audit: (page) => pipeline.audited(page),
    },
  };
}
