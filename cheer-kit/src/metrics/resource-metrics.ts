import { getHeapStatistics } from 'node:v8';
import heapSizeAndUsed from 'prom-client/lib/metrics/heapSizeAndUsed';
import heapSpacesSizeAndUsed from 'prom-client/lib/metrics/heapSpacesSizeAndUsed';
import osMemoryHeap from 'prom-client/lib/metrics/osMemoryHeap';
import processCpuTotal from 'prom-client/lib/metrics/processCpuTotal';
import processHandles from 'prom-client/lib/metrics/processHandles';
import processMaxFileDescriptors from 'prom-client/lib/metrics/processMaxFileDescriptors';
import processOpenFileDescriptors from 'prom-client/lib/metrics/processOpenFileDescriptors';
import processRequests from 'prom-client/lib/metrics/processRequests';
import processResources from 'prom-client/lib/metrics/processResources';
import processStartTime from 'prom-client/lib/metrics/processStartTime';
import version from 'prom-client/lib/metrics/version';
import { EventLoopDelaySampler, type EventLoopDelay } from './event-loop-delay';
import { observeGc } from './gc-metrics';
import { readGauge } from './instruments';
import { availableCores, availableMemory } from './process-limits';
import type { MetricsRegistry } from './registry';

/** What the process uses, over the last seconds. */
export interface ResourceReading {
  /** Cores in use: 0.5 is half of one core. */
  readonly cpuCores: number;
  /** Cores in use of the cores that it may use. */
  readonly cpuRatio: number;
  readonly rssBytes: number;
  readonly memoryLimitBytes: number;
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  /** p99 of the event loop's delay. */
  readonly eventLoopLagSeconds: number;
  /** p99 of the garbage collector's pauses in the last minute; absent when there was none. */
  readonly gcPauseP99Seconds?: number;
  /** Part of the last minute that was spent in such pauses. */
  readonly gcTimeRatio: number;
}

/** See `createResourceMetrics`. */
export interface ResourceMetrics {
  /** What the process uses now. */
  read(): ResourceReading;
  /** Ends all observers and timers. */
  stop(): void;
}

const sampleEveryMs = 5000;

const defaults = [
  processCpuTotal,
  processStartTime,
  osMemoryHeap,
  processOpenFileDescriptors,
  processMaxFileDescriptors,
  processResources,
  processHandles,
  processRequests,
  heapSizeAndUsed,
  heapSpacesSizeAndUsed,
  version,
];

/** Gauges by a name that promtool takes for a counter's; their parts by type are kept. */
const rejected = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** The process itself: prom-client's default metrics, and CPU, memory, garbage collection and event loop in base units. */
export function createResourceMetrics(registry: MetricsRegistry): ResourceMetrics {
  for (const collect of defaults) collect(registry);
  for (const name of rejected) registry.removeSingleMetric(name);
  const gc = observeGc(registry);
  const delay = new EventLoopDelaySampler();
  const cores = availableCores();
  const memoryLimitBytes = availableMemory();
  let cpuCores = 0;
  let usage = process.cpuUsage();
  let at = performance.now();
  const sample = (): void => {
    const spent = process.cpuUsage(usage);
    const now = performance.now();
    cpuCores = (spent.user + spent.system) / 1000 / (now - at);
    usage = process.cpuUsage();
    at = now;
    delay.rotate();
  };
  const timer = setInterval(sample, sampleEveryMs).unref();

  readGauge(
    registry,
    { name: 'cpu_usage_ratio', help: 'CPU in use of the cores that the process may use.' },
    () => [[{}, cpuCores / cores]],
  );
  readGauge(
    registry,
    {
      name: 'memory_usage_bytes',
      help: 'Memory by kind; limit is what the process may use.',
      labelNames: ['kind'],
    },
    () => {
      const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
      return [
        [{ kind: 'rss' }, rss],
        [{ kind: 'heap_total' }, heapTotal],
        [{ kind: 'heap_used' }, heapUsed],
        [{ kind: 'external' }, external],
        [{ kind: 'array_buffers' }, arrayBuffers],
        [{ kind: 'limit' }, memoryLimitBytes],
      ];
    },
  );
  registerDelay(registry, () => delay.read());

  return {
    read() {
      const { rss, heapUsed } = process.memoryUsage();
      const { pauseP99Seconds, timeRatio } = gc.read();
      return {
        cpuCores,
        cpuRatio: cpuCores / cores,
        rssBytes: rss,
        memoryLimitBytes,
        heapUsedBytes: heapUsed,
        heapLimitBytes: getHeapStatistics().heap_size_limit,
        eventLoopLagSeconds: delay.read().p99,
        ...(pauseP99Seconds !== undefined && { gcPauseP99Seconds: pauseP99Seconds }),
        gcTimeRatio: timeRatio,
      };
    },
    stop() {
      clearInterval(timer);
      delay.stop();
      gc.stop();
    },
  };
}

function registerDelay(registry: MetricsRegistry, read: () => EventLoopDelay): void {
  const figures: readonly (readonly [name: string, help: string, figure: keyof EventLoopDelay])[] = [
    ['event_loop_lag_seconds', 'The 99th percentile of the delay in the last seconds.', 'p99'],
    ['nodejs_eventloop_lag_seconds', 'Lag of event loop in seconds.', 'mean'],
    ['nodejs_eventloop_lag_min_seconds', 'The minimum recorded event loop delay.', 'min'],
    ['nodejs_eventloop_lag_max_seconds', 'The maximum recorded event loop delay.', 'max'],
    ['nodejs_eventloop_lag_mean_seconds', 'The mean of the recorded event loop delays.', 'mean'],
    [
      'nodejs_eventloop_lag_stddev_seconds',
      'The standard deviation of the recorded event loop delays.',
      'stddev',
    ],
    ['nodejs_eventloop_lag_p50_seconds', 'The 50th percentile of the recorded event loop delays.', 'p50'],
    ['nodejs_eventloop_lag_p90_seconds', 'The 90th percentile of the recorded event loop delays.', 'p90'],
    ['nodejs_eventloop_lag_p99_seconds', 'The 99th percentile of the recorded event loop delays.', 'p99'],
  ];
  for (const [name, help, figure] of figures)
    readGauge(registry, { name, help }, () => [[{}, read()[figure]]]);
}
