import {
  combinations,
  counter,
  createCallMetrics,
  gauge,
  latencyBuckets,
  LatencyHistogram,
  type CallResult,
  type LatencySeries,
  type MetricsRegistry,
} from '@selfcheer/cheer-kit';

export const transports = ['http', 'grpc'] as const;
export type Transport = (typeof transports)[number];

const ingestResults = ['accepted', 'duplicate', 'updated', 'rejected', 'refused', 'failed'] as const;
export type IngestResult = (typeof ingestResults)[number];

export const pipelineStages = ['ingest', 'commit', 'enrich', 'publish'] as const;
export type PipelineStage = (typeof pipelineStages)[number];

export interface PipelineMetricsOptions {
  readonly downstreams: readonly string[];
  /** Seconds; exact bounds of the latency histograms. */
  readonly latencyTargets: readonly number[];
}

export interface PipelineMetrics {
  /** Events that a transport answered. */
  ingested(transport: Transport, result: IngestResult, count: number): void;
  /** From reading an event to its acknowledgement; keep the series, observing on it costs no look-up. */
  readonly ingestLatency: Readonly<Record<Transport, LatencySeries>>;
  /** Time that an event spent in one stage. */
  readonly stageDuration: Readonly<Record<PipelineStage, LatencySeries>>;
  /** Events whose batch was synced to disk. */
  flushed(count: number): void;
  enriched(count: number): void;
  published(count: number): void;
  called(downstream: string, result: CallResult, count?: number): void;
  setStoreBytes(bytes: number): void;
}

/** The way of the events: ingest, commit, enrich, publish. All series are there from the start. */
export function createPipelineMetrics(
  registry: MetricsRegistry,
  { downstreams, latencyTargets }: PipelineMetricsOptions,
): PipelineMetrics {
  const buckets = latencyBuckets(latencyTargets);
  const ingests = counter(
    registry,
    { name: 'ingests_total', help: 'Events by transport and answer.', labelNames: ['transport', 'result'] },
    combinations({ transport: transports, result: ingestResults }),
  );
  const latency = new LatencyHistogram(registry, {
    name: 'ingest_latency_seconds',
    help: 'From reading an event to its acknowledgement.',
    labelNames: ['transport'],
    buckets,
  });
  const stages = new LatencyHistogram(registry, {
    name: 'stage_duration_seconds',
    help: 'Time that events spent in each stage.',
    labelNames: ['stage'],
    buckets,
  });
  const stage = (name: PipelineStage): LatencySeries => stages.series({ stage: name });
  const flushed = counter(registry, {
    name: 'events_in_flushed_total',
    help: 'Events whose batch was synced to disk.',
  });
  const enriched = counter(registry, { name: 'events_enriched_total', help: 'Events that were enriched.' });
  const published = counter(registry, {
    name: 'events_published_total',
    help: 'Events that the sink acknowledged.',
  });
  const calls = createCallMetrics(registry, downstreams);
  const storeBytes = gauge(registry, {
    name: 'store_bytes',
    help: 'Bytes of events that wait in the store.',
  });
  return {
    ingested: (transport, result, count) => ingests.inc({ transport, result }, count),
    ingestLatency: {
      http: latency.series({ transport: 'http' }),
      grpc: latency.series({ transport: 'grpc' }),
    },
    stageDuration: {
      ingest: stage('ingest'),
      commit: stage('commit'),
      enrich: stage('enrich'),
      publish: stage('publish'),
    },
    flushed: (count) => flushed.inc(count),
    enriched: (count) => enriched.inc(count),
    published: (count) => published.inc(count),
    called: (downstream, result, count) => calls.called(downstream, result, count),
    setStoreBytes: (bytes) => storeBytes.set(bytes),
  };
}
