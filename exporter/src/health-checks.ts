import { flagsCheck, type BreakerState, type CheerEngine, type HealthCheck } from '@selfcheer/cheer-kit';
import type { Signals } from './cheer/signals';
import type { Telemetry } from './cheer/telemetry';
import type { Config } from './config/schema';
import { lookupNames } from './config/steps';
import { messageOf } from './errors';
import type { ServiceFlags } from './flags';
import type { DiskWatch } from './outbox/disk-watch';
import type { Pipeline } from './pipeline';
import { countOf } from './words';

export interface HealthSources {
  readonly config: Config;
  readonly pipeline: Pick<Pipeline, 'figures' | 'relayDeaths'>;
  readonly disk: DiskWatch;
  readonly engine: CheerEngine;
  readonly telemetry: Telemetry;
  readonly signals: Pick<Signals, 'failureOf'>;
  readonly flags: Pick<ServiceFlags, 'problem' | 'list'>;
}

const memoryDegraded = 0.9;
const loopDegradedSeconds = 0.5;

/** What `/health` shows. `store` and `disk` decide on readiness: without them nothing can be accepted. */
export function createHealthChecks({
  config,
  pipeline,
  disk,
  engine,
  telemetry,
  signals,
  flags,
}: HealthSources): Record<string, HealthCheck> {
  const breakerOf = (name: string): BreakerState =>
    engine.breakers().find(({ downstream }) => downstream === name)?.state ?? 'closed';
  const lookup = (name: string): HealthCheck => {
    return () => {
      const state = breakerOf(name);
      const failure = signals.failureOf(name);
      return {
        status: state === 'closed' && failure === undefined ? 'ok' : 'degraded',
        detail: `breaker ${state}${failure === undefined ? '' : `, last call failed: ${failure}`}`,
      };
    };
  };
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  return {
    store() {
      const { fencedBy, heldBytes, outboxRecords, full } = pipeline.figures();
      const used = heldBytes / config.outbox.quotaBytes;
      const detail = `${outboxRecords} events wait, with quarantine ${mebibytes(heldBytes)} of ${mebibytes(config.outbox.quotaBytes)}`;
      if (fencedBy) return { status: 'failed', detail: messageOf(fencedBy) };
      if (full) return { status: 'failed', detail: `full: ${detail}` };
      return { status: used >= 0.7 ? 'degraded' : 'ok', detail };
    },
    sink() {
      const state = breakerOf(telemetry.downstream);
      return {
        status: state === 'closed' ? 'ok' : 'degraded',
        detail: `${telemetry.downstream}: breaker ${state}`,
      };
    },
    relay() {
      const { count, detail } = pipeline.relayDeaths();
      if (count === 0) return { status: 'ok', detail: 'running' };
      return {
        status: 'degraded',
        detail: `died ${countOf(count, 'time')} in a row and is started again, the last time of: ${detail}`,
      };
    },
    ...(config.flags.file !== undefined && { flags: () => flagsCheck(flags) }),
    ...Object.fromEntries(lookupNames(config.enrich).map((name) => [`lookup:${name}`, lookup(name)])),
    disk() {
      const detail = `${mebibytes(disk.freeBytes)} free of ${mebibytes(disk.sizeBytes)}`;
      return { status: disk.level === 'full' ? 'failed' : disk.level === 'low' ? 'degraded' : 'ok', detail };
    },
    memory() {
      const { rssBytes, memoryLimitBytes } = telemetry.resources.read();
      const detail = `${mebibytes(rssBytes)} of ${mebibytes(memoryLimitBytes)}`;
      return { status: rssBytes > memoryDegraded * memoryLimitBytes ? 'degraded' : 'ok', detail };
    },
    event_loop() {
      const { eventLoopLagSeconds } = telemetry.resources.read();
      const detail = `p99 of its delay ${(eventLoopLagSeconds * 1000).toFixed(1)} ms`;
      return { status: eventLoopLagSeconds > loopDegradedSeconds ? 'degraded' : 'ok', detail };
    },
  };
}
