import type { CheerEngine } from '../cheer-engine';
import type { QueueReading } from '../engine-state';
import { breakerStates } from '../verdict';
import { counter, gauge, readGauge } from './instruments';
import type { MetricsRegistry } from './registry';

/** Value list of the label `reason` of what was shed. */
export const shedReasons = ['bytes', 'disk', 'overload', 'quota', 'draining'] as const;
/** One of `shedReasons`. */
export type ShedReason = (typeof shedReasons)[number];

/** Value list of the label `track`. */
export const releaseTracks = ['stable', 'canary', 'preview'] as const;
/** One of `releaseTracks`: which part of a release a process belongs to. */
export type ReleaseTrack = (typeof releaseTracks)[number];

/** For `createResilienceMetrics`. */
export interface ResilienceMetricsOptions<Quarantine extends string> {
  /** Names of the queues as the engine has them. */
  readonly queues: readonly string[];
  readonly quarantineReasons: readonly Quarantine[];
  readonly version: string;
  readonly track: ReleaseTrack;
}

/** What the service tells these metrics; queues and breakers are read from the engine. */
export interface ResilienceMetrics<Quarantine extends string> {
  /** Operations that were tried again. */
  retried(count: number): void;
  /** Events that were refused to protect the rest. */
  shed(reason: ShedReason, count: number): void;
  /** Events that were set aside for a person. */
  quarantined(reason: Quarantine, count: number): void;
  /** Events that wait in quarantine now. */
  setQuarantinedNow(count: number): void;
  /** Seconds that the deduplication really reaches back. */
  setDedupeWindow(seconds: number): void;
  /** `volume` is a name from a closed list, such as `data`, never a path. */
  setStorage(volume: string, bytes: { readonly free: number; readonly size: number }): void;
  /** The variant that a feature flag has now; the one before disappears. */
  setFlag(flag: string, variant: string): void;
}

/** Queues, breakers, retries, shedding, quarantine, storage, and what is running. */
export function createResilienceMetrics<Quarantine extends string>(
  registry: MetricsRegistry,
  engine: CheerEngine,
  options: ResilienceMetricsOptions<Quarantine>,
): ResilienceMetrics<Quarantine> {
  const { queues, quarantineReasons, version, track } = options;
  const queueGauge = (
    name: string,
    help: string,
    read: (queue: QueueReading) => number | undefined,
  ): void => {
    readGauge(registry, { name, help, labelNames: ['queue'] }, () =>
      queues.map((queue) => {
        const reading = engine.queues().get(queue);
        return [{ queue }, reading && read(reading)];
      }),
    );
  };
  queueGauge('cheer_queue_depth', 'What is in the queue, in the unit of its capacity.', ({ depth }) => depth);
  queueGauge('cheer_queue_capacity', 'What fits into the queue.', ({ capacity }) => capacity);
  queueGauge('cheer_queue_oldest_age_seconds', 'Age of the oldest item.', (queue) => queue.oldestAgeSeconds);
  queueGauge('cheer_queue_age_target_seconds', 'Older than this is late.', (queue) => queue.ageTargetSeconds);
  readGauge(
    registry,
    {
      name: 'cheer_breaker_state',
      help: '1 for the present state of the circuit breaker, 0 for the others.',
      labelNames: ['downstream', 'state'],
    },
    () =>
      engine
        .breakers()
        .flatMap(({ downstream, state: present }) =>
          breakerStates.map((state) => [{ downstream, state }, present === state ? 1 : 0] as const),
        ),
  );
  const transitions = counter(registry, {
    name: 'cheer_breaker_transitions_total',
    help: 'Changes of state of circuit breakers.',
  });
  engine.subscribe((event) => {
    if (event.type === 'breaker') transitions.inc();
  });

  const retries = counter(registry, {
    name: 'cheer_retries_total',
    help: 'Operations that were tried again.',
  });
  const shed = counter(
    registry,
    {
      name: 'cheer_shed_total',
      help: 'Events that were refused to protect the rest.',
      labelNames: ['reason'],
    },
    shedReasons.map((reason) => ({ reason })),
  );
  const quarantinedNow = gauge(registry, {
    name: 'cheer_quarantined_events',
    help: 'Events that wait in quarantine now.',
  });
  const quarantined = counter(
    registry,
    { name: 'cheer_quarantined_total', help: 'Events that were quarantined.', labelNames: ['reason'] },
    quarantineReasons.map((reason) => ({ reason })),
  );
  const dedupe = gauge(registry, {
    name: 'cheer_dedupe_window_seconds',
    help: 'How far back duplicates are recognised.',
  });
  const free = gauge(registry, {
    name: 'cheer_storage_free_bytes',
    help: 'Free bytes of the volume.',
    labelNames: ['volume'],
  });
  const size = gauge(registry, {
    name: 'cheer_storage_size_bytes',
    help: 'Size of the volume.',
    labelNames: ['volume'],
  });
  gauge(registry, {
    name: 'cheer_build_info',
    help: 'Always 1; the labels say what is running.',
    labelNames: ['version', 'track'],
  }).set({ version, track }, 1);
  const flags = gauge(registry, {
    name: 'feature_flag_info',
    help: '1 for the present variant of the feature flag.',
    labelNames: ['flag', 'variant'],
  });
  const variants = new Map<string, string>();

  return {
    retried: (count) => retries.inc(count),
    shed: (reason, count) => shed.inc({ reason }, count),
    quarantined: (reason, count) => quarantined.inc({ reason }, count),
    setQuarantinedNow: (count) => quarantinedNow.set(count),
    setDedupeWindow: (seconds) => dedupe.set(seconds),
    setStorage(volume, bytes) {
      free.set({ volume }, bytes.free);
      size.set({ volume }, bytes.size);
    },
    setFlag(flag, variant) {
      const before = variants.get(flag);
      if (before !== undefined) flags.remove({ flag, variant: before });
      variants.set(flag, variant);
      flags.set({ flag, variant }, 1);
    },
  };
}
