import { createLogger, downstreamSpans, startTracing, type Logger, type Tracing } from '@selfcheer/cheer-kit';
import pino from 'pino';
import type { Config } from './config/schema';
import { DownstreamCallReports } from './downstream-calls';
import { createEnricher } from './enrich/enricher';
import { lookupResolver } from './enrich/lookup/resolvers';
import { OutboxReader } from './outbox/reader';
import { BatchSpans } from './publish/batch-trace';
import { createKafkaPublisher } from './publish/kafka-publisher';
import { createLogPublisher } from './publish/log-publisher';
import { createMessage } from './publish/messages';
import type { Publisher } from './publish/publisher';
import { Relay } from './publish/relay';
import type { RelayReport } from './publish/relay-protocol';
import { Sender } from './publish/sender';
import { version } from './version';

/** Everything that the relay needs to know to begin; plain data, so that it can go to another thread. */
export interface RelaySettings {
  readonly config: Config;
  /** Directory that file names in the configuration count from. */
  readonly baseDir: string;
  /** Directory of the LevelDB store that the outbox holds open in this process. */
  readonly storeLocation: string;
  readonly storeId: string;
  /** Last settled sequence number of every lane, the synthetic lane last. */
  readonly settled: readonly number[];
}

/** Of the settings, what the embedded sink needs to know what may be sent again. */
export type MakeSink = (config: Config, settings: Pick<RelaySettings, 'storeId' | 'settled'>) => Publisher;

export interface RunningRelay {
  readonly relay: Relay;
  /** To be shut down at the end of a thread, which has its own. */
  readonly tracing: Tracing;
  /** Closes the sink and the reader; call it when the relay has finished. */
  close(): Promise<void>;
}

/** Builds the relay: outbox reader -> enrich -> publish. `sink` makes another one than the configuration names. */
export async function runRelay(
  settings: RelaySettings,
  report: (report: RelayReport) => void,
  sink: MakeSink = createPublisher,
): Promise<RunningRelay> {
  const { config, storeId } = settings;
  const calls = new DownstreamCallReports(report);
  const spans = downstreamSpans();
  const logger = createRelayLogger(config);
  const { service, track } = config;
  // No trace begins here: what is recorded always has an event that was recorded when it was taken. And no logger: the
  // main thread has the same collector, and says when it is away.
  const tracing = await startTracing({ service, version, track, ratio: () => 0 });
  const enricher = createEnricher(config.enrich, {
    baseDir: settings.baseDir,
    observe(event) {
      calls.note(event);
      spans(event);
    },
    resolver: lookupResolver({ address: config.consul.agent, token: config.consul.token }, (error, message) =>
      logger.warn({ err: error }, `${message}; what was known stays`),
    ),
  });
  const publisher = sink(config, settings);
  const reader = await OutboxReader.open(settings.storeLocation);
  if (enricher.freezes) await reader.findFrozen(settings.settled);
  const relay = new Relay({
    reader,
    enricher,
    sender: new Sender({ publisher, report, lanes: settings.settled.length }),
    message: (event, enriched) => createMessage(event, enriched, { storeId }),
    report,
    settled: settings.settled,
    topic: config.kafka.topic,
    ...config.publish,
    spans: tracing.enabled ? new BatchSpans(tracing.tracer, publisher.downstream) : undefined,
  });
  return {
    relay,
    tracing,
    async close() {
      enricher.close();
      calls.flush();
      await publisher.close();
      await reader.close();
    },
  };
}

export function createPublisher(config: Config, { storeId, settled }: Parameters<MakeSink>[1]): Publisher {
  const { dataDir, kafka, log, publish } = config;
  const logger = createRelayLogger(config);
  if (kafka.brokers.length === 0) {
    const unsettled = { storeId, settled, inFlightBytes: settled.length * publish.batchBytes };
    return createLogPublisher({ dataDir, segmentBytes: log.segmentBytes, logger, unsettled });
  }
  return createKafkaPublisher({ ...kafka, timeoutMs: publish.timeoutMs, logger });
}

/** Straight to the file descriptor: a worker's `process.stderr` goes through the main thread. */
function createRelayLogger({ service, logLevel }: Config): Logger {
  return createLogger({
    service,
    level: logLevel,
    destination: pino.destination({ fd: 2, sync: false }),
  });
}
