import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mountSmallVolume, type SmallVolume } from '../../../exporter/test/fault/support/disk-volume';
import { waitForState } from '../../../exporter/test/fault/support/wait-for';
import { Alertmanager } from '../../helpers/alertmanager';
import { ExporterProcess, root, runCli } from '../../helpers/exporter-process';
import { type KafkaBroker, startKafka } from '../../helpers/kafka-broker';
import { Prometheus } from '../../helpers/prometheus';
import { startTcpProxy, type TcpProxy } from '../../helpers/tcp-proxy';
import { WebhookReceiver } from '../../helpers/webhook-receiver';
import { fastAlertmanagerConfig } from './fast-config';
import { goodMonth } from './good-month';
import { Shop } from './shop';
import { Traffic } from './traffic';

export const volumeMebibytes = 512;
const topic = 'orders';
const slos = {
  orders: ['ingest-availability', 'ingest-latency', 'delivery'],
  shop: ['http-availability', 'http-latency'],
};

/** So that a machine that is busy with other things is no fault, and what waits for a broker notices its return. */
const patience = {
  SELFCHEER_CHEER_LATENCY_TARGET_SECONDS: '2',
  SELFCHEER_SLO_LATENCY_TARGET_SECONDS: '2',
  SELFCHEER_SLO_DELIVERY_TARGET_SECONDS: '2',
  SELFCHEER_INGEST_OVERLOAD_TARGET_MS: '5000',
  SELFCHEER_PUBLISH_BACKOFF_MAX_MS: '500',
};

/** All that the timeline needs, up and quiet. */
export interface Scene {
  readonly broker: KafkaBroker;
  /** Between the exporter and the broker. */
  readonly proxy: TcpProxy;
  /** Of the exporter's data. */
  readonly volume: SmallVolume;
  readonly exporter: ExporterProcess;
  readonly shop: Shop;
  readonly traffic: Traffic;
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly webhook: WebhookReceiver;
}

/** `onEnd` takes what ends each part, the last one first to be called. */
export async function setScene(onEnd: (end: () => unknown) => void): Promise<Scene> {
  const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-timeline-'));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  const proxy = await startTcpProxy();
  onEnd(() => proxy.close());
  const broker = await startKafka({ proxyPort: proxy.port });
  onEnd(() => broker.dispose());
  proxy.target(broker.proxiedPort);
  await broker.createTopic(topic, 2);
  const volume = mountSmallVolume(volumeMebibytes);
  if (!volume) throw new Error('a disk that can be filled is mounted here, and that takes root');
  onEnd(() => volume.dispose());
  const exporter = await startExporter(folder, volume, proxy);
  onEnd(() => exporter.dispose());
  const shop = await Shop.start();
  onEnd(() => shop.dispose());
  const traffic = new Traffic(exporter, shop.url);
  onEnd(() => traffic.dispose());
  await waitForState(exporter, ['green'], 60_000);
  const webhook = await WebhookReceiver.start();
  onEnd(() => webhook.dispose());
  const alertmanager = await Alertmanager.start(fastAlertmanagerConfig(webhook.url));
  onEnd(() => alertmanager.dispose());
  const prometheus = await startPrometheus(folder, exporter, shop, alertmanager);
  onEnd(() => prometheus.dispose());
  await prometheus.until(query('service:cheer_health_verdict:min == 1'), '"orders"');
  return { broker, proxy, volume, exporter, shop, traffic, prometheus, alertmanager, webhook };
}

/** For `Prometheus.until`. */
export function query(expr: string): string {
  return `query?query=${encodeURIComponent(expr)}`;
}

async function startExporter(folder: string, volume: SmallVolume, proxy: TcpProxy): Promise<ExporterProcess> {
  const file = path.join(folder, 'order.schema.json');
  await writeFile(file, JSON.stringify({ type: 'object', required: ['amount'] }));
  const dataDir = path.join(volume.directory, 'data');
  await mkdir(dataDir);
  return ExporterProcess.start(
    {
      ...patience,
      SELFCHEER_SERVICE: 'orders',
      KAFKA_BROKERS: `127.0.0.1:${proxy.port}`,
      KAFKA_TOPIC: topic,
      SELFCHEER_OUTBOX_BALLAST_BYTES: '0',
      SELFCHEER_ENRICH: JSON.stringify([
        { step: 'normalize' },
        { step: 'fingerprint' },
        { step: 'schema', name: 'order', file, types: ['shop.order'] },
      ]),
    },
    { dataDir },
  );
}

async function startPrometheus(
  folder: string,
  exporter: ExporterProcess,
  shop: Shop,
  alertmanager: Alertmanager,
): Promise<Prometheus> {
  const rules = path.join(folder, 'rules');
  const made = await runCli([
    ...['rules', '--profile', 'fast', '--slos', path.join(root, 'alerts/slos.yml')],
    ...['--out', rules],
  ]);
  if (made.code !== 0) throw new Error(`selfcheer rules: ${made.stderr}`);
  return Prometheus.start(
    { orders: exporter.addresses.admin, shop: shop.admin },
    {
      rules: [path.join(rules, 'recording.rules.yml'), path.join(rules, 'alerts.rules.yml')],
      alertmanager: alertmanager.address,
      history: [goodMonth(slos, Math.floor(Date.now() / 1000))],
    },
  );
}
