import {
  CheerEngine,
  createCheerMetrics,
  createRegistry,
  createResilienceMetrics,
  createResourceMetrics,
  createServiceMetrics,
  createSloMetrics,
  latencyBuckets,
  type MetricsRegistry,
  type ResilienceMetrics,
  type ResourceMetrics,
  type ServiceMetrics,
  type SloDefinition,
} from '@selfcheer/cheer-kit';
import type { Config } from '../config/schema';
import { sinkOf } from '../config/sink';
import { lookupNames } from '../config/steps';
import { quarantineReasons, type QuarantineReason } from '../event';
import { createPipelineMetrics, type PipelineMetrics } from './pipeline-metrics';

export const sloNames = {
  availability: 'ingest-availability',
  latency: 'ingest-latency',
  delivery: 'delivery',
} as const;

export const queueNames = ['commit', 'outbox', 'publish'] as const;
export type QueueName = (typeof queueNames)[number];

/** Everything that measures: the engine that judges, and the metrics that Prometheus reads. */
export interface Telemetry {
  readonly engine: CheerEngine;
  readonly registry: MetricsRegistry;
  readonly pipeline: PipelineMetrics;
  readonly resilience: ResilienceMetrics<QuarantineReason>;
  readonly service: ServiceMetrics;
  readonly resources: ResourceMetrics;
  /** The sink by the name that metrics use. */
  readonly downstream: 'kafka' | 'log';
}

export function createTelemetry(config: Config, version: string): Telemetry {
  const { slo, cheer, track } = config;
  const downstream = sinkOf(config);
  const downstreams = [downstream, ...lookupNames(config.enrich)];
  const latencyTargets = [cheer.latencyTargetSeconds, slo.latencyTargetSeconds, slo.deliveryTargetSeconds];
  const engine = new CheerEngine({
    slos: slosOf(config),
    queues: queueNames,
    downstreams,
    limits: cheer,
    holdSeconds: cheer.holdSeconds,
    buckets: latencyBuckets(latencyTargets),
  });
  const registry = createRegistry();
  createSloMetrics(registry, engine);
  createCheerMetrics(registry, engine, { latencyTargets });
  return {
    engine,
    registry,
    downstream,
    pipeline: createPipelineMetrics(registry, { downstreams, latencyTargets }),
    resilience: createResilienceMetrics(registry, engine, {
      queues: queueNames,
      quarantineReasons,
      version,
      track,
    }),
    service: createServiceMetrics(registry, { latencyTargets }),
    resources: createResourceMetrics(registry),
  };
}

function slosOf({ slo }: Config): SloDefinition[] {
  const { minBadEvents } = slo;
  return [
    {
      name: sloNames.availability,
      description: 'Events are acknowledged: neither refused for our reasons nor failed.',
      objective: slo.availabilityObjective,
      minBadEvents,
    },
    {
      name: sloNames.latency,
      description: `Events are acknowledged within ${slo.latencyTargetSeconds * 1000} ms.`,
      objective: slo.latencyObjective,
      minBadEvents,
      targetSeconds: slo.latencyTargetSeconds,
    },
    {
      name: sloNames.delivery,
      description: `Accepted events are acknowledged by the sink within ${slo.deliveryTargetSeconds} s.`,
      objective: slo.deliveryObjective,
      minBadEvents,
      targetSeconds: slo.deliveryTargetSeconds,
    },
  ];
}
