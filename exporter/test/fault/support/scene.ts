import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExporterProcess, type ExporterProcessOptions } from '../../../../e2e/helpers/exporter-process';
import type { KafkaBroker } from '../../../../e2e/helpers/kafka-broker';
import { LedgerDriver, type LedgerDriverOptions } from '../../../../e2e/helpers/ledger-driver';
import { type Consumer, kafkaConsumer } from '../../../../e2e/helpers/published';
import type { Row } from './row';
import { type RssWatch, watchRss } from './rss';

/** Lanes times the events of a batch: what a fault may leave in doubt, so what may come twice. */
export const inFlight = 16 * 500;

type Env = Readonly<Record<string, string>>;

export interface SceneOptions extends ExporterProcessOptions {
  /** Over the environment of the exporter; it may write files into the row's folder. */
  readonly env?: Env | ((folder: string) => Promise<Env>);
  /** Address that the exporter gets; default the broker's own. */
  readonly brokers?: string;
  /** Default a topic of 6 partitions that is created; one of this name is taken as it is. */
  readonly topic?: string;
  /** Both are there, `topic` and `<topic>.synthetic`. */
  readonly topicsMade?: boolean;
  /** Of `topic`. */
  readonly partitions?: number;
}

/** What nearly every row needs: an exporter over a topic of its own, a consumer, and drivers. */
export interface Scene {
  readonly exporter: ExporterProcess;
  readonly topic: string;
  /** For this row's files. */
  readonly folder: string;
  readonly consumer: Consumer;
  readonly rss: RssWatch;
  /** A driver with a ledger of its own; see the defaults in the code. */
  driver(options: Partial<LedgerDriverOptions> & { readonly count: number }): LedgerDriver;
}

let scenes = 0;

/** Sets one up for this row; all of it is gone after the row. */
export async function setScene(row: Row, broker: KafkaBroker, options: SceneOptions = {}): Promise<Scene> {
  const number = ++scenes;
  const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-fault-'));
  row.onEnd(() => rm(folder, { recursive: true, force: true }));
  const topic = options.topic ?? `events-${process.pid}-${number}`;
  if (options.topic === undefined) await broker.createTopic(topic);
  // Heartbeats have their own, which a row says nothing about.
  if (!options.topicsMade) await broker.createTopic(`${topic}.synthetic`, 1);
  const env = {
    KAFKA_BROKERS: options.brokers ?? broker.brokers[0],
    KAFKA_TOPIC: topic,
    SELFCHEER_CHEER_HOLD_SECONDS: '1',
    SELFCHEER_CHEER_HEARTBEAT_SECONDS: '1',
    // The error budget looks back an hour and the latency five minutes, which is longer than a row: without them the
    // state tells how things are now.
    SELFCHEER_SLO_MIN_BAD_EVENTS: '1000000000',
    SELFCHEER_CHEER_LATENCY_TARGET_SECONDS: '10',
    ...(typeof options.env === 'function' ? await options.env(folder) : options.env),
  };
  const exporter = await ExporterProcess.start(env, options);
  row.onEnd(() => exporter.dispose());
  const rss = watchRss(exporter);
  row.onEnd(() => rss.stop());
  let ledgers = 0;
  return {
    exporter,
    topic,
    folder,
    consumer: kafkaConsumer(broker.brokers[0], topic, options.partitions ?? 6, row.pick(120_000, 900_000)),
    rss,
    driver: (more) => {
      const driver = new LedgerDriver({
        url: exporter.url,
        ledger: path.join(folder, `ledger-${ledgers++}.txt`),
        keys: 64,
        connections: 4,
        batch: 100,
        timeoutMs: row.pick(60_000, 1_500_000),
        ...more,
      });
      row.onEnd(() => driver.abandon());
      return driver;
    },
  };
}
