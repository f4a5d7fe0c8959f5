import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, type Logger } from '@selfcheer/cheer-kit';
import pino from 'pino';
import type { Config } from './config/schema';
import { StoreError } from './errors';
import { storePaths } from './outbox/level-files';
import { Pipeline } from './pipeline';
import { startRelayThread, type StartRelay } from './relay-link';

export interface DrainOptions {
  readonly configFile: string | undefined;
  /** Directory for the embedded log sink, instead of the store's data directory. */
  readonly sinkDir?: string;
  /** Milliseconds after which it gives up; no end when absent. */
  readonly timeoutMs?: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Told a few times a second; `problem` is the last thing that went wrong, if sending does not work now. */
  readonly progress: (figures: {
    readonly left: number;
    readonly sent: number;
    readonly problem?: string;
  }) => void;
  /** In a worker thread unless a test says otherwise. */
  readonly startRelay?: StartRelay;
  /** Standard error when absent. */
  readonly logger?: Logger;
}

export interface DrainReport {
  readonly sink: 'kafka' | 'log';
  readonly published: number;
  /** By enrichment, as configured. */
  readonly dropped: number;
  /** Set aside meanwhile, and what is in quarantine in all. */
  readonly quarantined: number;
  readonly quarantine: number;
  /** Events that are still in the store. */
  readonly left: number;
  readonly problem: string | null;
}

const lookMs = 100;
const closeMs = 10_000;

/**
 * Empties the store of a data directory into the sink, without listening anywhere. What is cut short is lost by nobody:
 * it is still in the store, and another run goes on. Rejects as the start of the exporter does, and with StoreError
 * `store_missing` where there is no store.
 */
export async function drainStore(config: Config, options: DrainOptions): Promise<DrainReport> {
  const { level, manifest } = storePaths(config.dataDir);
  if (!existsSync(level) && !existsSync(manifest)) {
    throw new StoreError(
      'store_missing',
      `There is no store in ${config.dataDir}. Name its directory with --data-dir.`,
    );
  }
  const sums = { published: 0, dropped: 0, quarantined: 0 };
  let problem: string | undefined;
  const pipeline = await Pipeline.open({
    config,
    configFile: options.configFile,
    startRelay: relayInto(options),
    logger: options.logger ?? quietLogger(config),
    observer: {
      opened: () => (problem = undefined),
      committed: () => undefined,
      appended: () => undefined,
      replayed: () => undefined,
      recovered: () => undefined,
      reported(report) {
        if (report.kind === 'sent') problem = report.result === 'published' ? undefined : report.detail;
        if (report.kind !== 'settled') return;
        sums.published += report.published;
        sums.dropped += report.dropped;
        sums.quarantined += report.refused.length;
      },
      relayLost: (error) => (problem = error.message),
      fenced: (error) => (problem = error.message),
    },
  });
  const left = (): number => pipeline.figures().outboxRecords;
  try {
    const end = performance.now() + (options.timeoutMs ?? Infinity);
    while (left() > 0 && !options.signal.aborted && performance.now() < end) {
      options.progress({ left: left(), sent: sums.published, ...(problem !== undefined && { problem }) });
      await sleep(lookMs, undefined, { signal: options.signal }).catch(() => undefined);
    }
  } finally {
    await pipeline.close(closeMs);
  }
  return {
    sink: config.kafka.brokers.length > 0 ? 'kafka' : 'log',
    ...sums,
    quarantine: pipeline.figures().quarantined,
    left: left(),
    problem: problem ?? null,
  };
}

/** The relay finds the store by itself; only the embedded sink looks at the data directory. */
function relayInto({ sinkDir, startRelay = startRelayThread }: DrainOptions): StartRelay {
  if (sinkDir === undefined) return startRelay;
  return (settings, report) =>
    startRelay({ ...settings, config: { ...settings.config, dataDir: sinkDir } }, report);
}

function quietLogger({ service, logLevel }: Config): Logger {
  return createLogger({ service, level: logLevel, destination: pino.destination({ fd: 2, sync: false }) });
}
