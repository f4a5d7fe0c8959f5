import { constants, PerformanceObserver } from 'node:perf_hooks';
import { GcWindow, type GcReading } from './gc-window';
import { LatencyHistogram } from './latency-histogram';
import type { MetricsRegistry } from './registry';

interface GcEntry {
  /** Milliseconds. */
  readonly duration: number;
  readonly detail: { readonly kind: number };
}

const kinds = new Map<number, string>([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

export interface GcObserver {
  read(): GcReading;
  stop(): void;
}

/** Pauses of the garbage collector, under our name and under prom-client's, and those of the last minute to read. */
export function observeGc(registry: MetricsRegistry): GcObserver {
  const pauses = new LatencyHistogram(registry, {
    name: 'gc_pause_seconds',
    help: 'Pauses of the garbage collector by kind.',
    labelNames: ['kind'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  });
  const durations = new LatencyHistogram(registry, {
    name: 'nodejs_gc_duration_seconds',
    help: 'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    labelNames: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
  });
  for (const kind of kinds.values()) {
    pauses.series({ kind });
    durations.series({ kind });
  }
  const recent = new GcWindow(() => performance.now());
  const observer = new PerformanceObserver((list) => {
    // Node's types know no detail on entries; those of `gc` have its kind there (perf_hooks, "Garbage Collection details").
    for (const { detail, duration } of list.getEntries() as unknown as readonly GcEntry[]) {
      const kind = kinds.get(detail.kind);
      if (kind === undefined) continue;
      pauses.series({ kind }).observe(duration / 1000);
      durations.series({ kind }).observe(duration / 1000);
      recent.record(duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return { read: () => recent.read(), stop: () => observer.disconnect() };
}
