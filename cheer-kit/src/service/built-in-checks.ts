import type { CheerEngine } from '../cheer-engine';
import type { HealthCheck } from '../health';
import type { ResourceMetrics } from '../metrics/resource-metrics';
import type { ServiceCheck } from './options';

const memoryDegraded = 0.9;
const loopDegradedSeconds = 0.5;

/** Memory and event loop of this process, for `/health`: degraded when one of them is nearly used up. */
export function processChecks(
  resources: Pick<ResourceMetrics, 'read'>,
): Record<'memory' | 'event_loop', HealthCheck> {
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  return {
    memory() {
      const { rssBytes, memoryLimitBytes } = resources.read();
      const detail = `${mebibytes(rssBytes)} of ${mebibytes(memoryLimitBytes)}`;
      return { status: rssBytes > memoryDegraded * memoryLimitBytes ? 'degraded' : 'ok', detail };
    },
    event_loop() {
      const { eventLoopLagSeconds } = resources.read();
      const detail = `p99 of its delay ${(eventLoopLagSeconds * 1000).toFixed(1)} ms`;
      return { status: eventLoopLagSeconds > loopDegradedSeconds ? 'degraded' : 'ok', detail };
    },
  };
}

/** One check for each downstream: degraded while its breaker is not closed. */
export function downstreamChecks(
  engine: CheerEngine,
  downstreams: readonly string[],
): Record<string, HealthCheck> {
  const check =
    (name: string): HealthCheck =>
    () => {
      const state = engine.breakers().find(({ downstream }) => downstream === name)?.state ?? 'closed';
      return { status: state === 'closed' ? 'ok' : 'degraded', detail: `breaker ${state.replace('_', ' ')}` };
    };
  return Object.fromEntries(downstreams.map((name) => [`downstream:${name}`, check(name)]));
}

/** A check that returns nothing has found nothing. */
export function asHealthChecks(checks: Readonly<Record<string, ServiceCheck>>): Record<string, HealthCheck> {
  return Object.fromEntries(
    Object.entries(checks).map(([name, check]) => [
      name,
      async (signal: AbortSignal) => (await check(signal)) ?? { status: 'ok' as const, detail: 'ok' },
    ]),
  );
}
