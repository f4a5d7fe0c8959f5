import type { CheerEngine } from '../cheer-engine';
import type { Health } from '../health';
import { renderMetrics } from '../metrics/render';
import type { MetricsRegistry } from '../metrics/registry';
import type { ResourceMetrics } from '../metrics/resource-metrics';
import type { RecentEvents } from '../recent-events';
import type { FlagView, QueueView, ResourcesView, ServiceInfo, ServiceView } from './service-view';

/** For `createServiceView`. */
export interface ServiceViewSources {
  readonly info: ServiceInfo;
  readonly engine: CheerEngine;
  readonly recent: RecentEvents;
  readonly health: Health;
  readonly registry: MetricsRegistry;
  readonly resources: Pick<ResourceMetrics, 'read'>;
  /** Feature flags as they are now; none when absent. */
  readonly flags?: () => readonly FlagView[];
  /** Queues whose depth and capacity are bytes; those of all others are events. */
  readonly queuesInBytes?: readonly string[];
}

/** The resources of this very process are always known. */
export interface LocalServiceView extends ServiceView {
  resources(): ResourcesView;
}

/** The parts of the kit as the admin port shows them. A service with more to show spreads this and adds to it. */
export function createServiceView(sources: ServiceViewSources): LocalServiceView {
  const { info, engine, recent, health, registry, queuesInBytes = [] } = sources;

  const queues = (): QueueView[] =>
    [...engine.queues()].map(([name, { depth, capacity, oldestAgeSeconds, ageTargetSeconds }]) => ({
      name,
      depth,
      capacity,
      unit: queuesInBytes.includes(name) ? 'bytes' : 'events',
      ceiling: engine.limits.saturationCeilingRatio,
      ...(oldestAgeSeconds > 0 && { oldestAge: oldestAgeSeconds }),
      ...(ageTargetSeconds !== undefined && { ageTarget: ageTargetSeconds }),
    }));

  return {
    info,
    verdict: () => engine.verdict(),
    mode: () => engine.mode(),
    slo: () =>
      engine.sloReadings().map(({ definition, windowSeconds, good, bad, budgetRemaining, burnRates }) => ({
        name: definition.name,
        description: definition.description,
        objective: definition.objective,
        windowSeconds,
        good,
        bad,
        budgetRemaining,
        burnRates,
      })),
    pipeline: () => ({ stages: [], queues: queues(), breakers: engine.breakers(), lanes: [] }),
    resources() {
      const reading = sources.resources.read();
      return {
        cpuCores: reading.cpuCores,
        rssBytes: reading.rssBytes,
        heapUsedBytes: reading.heapUsedBytes,
        heapLimitBytes: reading.heapLimitBytes,
        eventLoopLag: reading.eventLoopLagSeconds,
        ...(reading.gcPauseP99Seconds !== undefined && { gcPauseP99: reading.gcPauseP99Seconds }),
        gcTimeRatio: reading.gcTimeRatio,
      };
    },
    events: (since) => recent.since(since),
    subscribe: (listener) => recent.subscribe(listener),
    flags: () => sources.flags?.() ?? [],
    metrics: (accept) => renderMetrics(registry, accept),
    liveness: () => health.liveness(),
    readiness: () => health.readiness(),
    health: () => health.report(),
  };
}
