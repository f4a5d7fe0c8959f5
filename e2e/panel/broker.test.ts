import { TestBrowser } from '../helpers/browser';
import { ExporterProcess } from '../helpers/exporter-process';
import { type KafkaBroker, startKafka } from '../helpers/kafka-broker';
import { patient } from '../helpers/page-scene';
import { Prometheus } from '../helpers/prometheus';
import { waitForState } from '../../exporter/test/fault/support/wait-for';
import { PanelHost } from '../panel-host/host';
import { dashboardOf, keepAsking, showsService } from './panel-page';

/*
 * The whole way of a fault to the eye: a real broker stops under a real exporter, which a real Prometheus scrapes, which
 * the panel asks.
 */

const topic = 'orders';
const scrapeSeconds = 5;
const query =
  '{__name__=~"cheer_(state|score|condition|error_budget_remaining_ratio|cheers_total|missed_total)"}';

let broker: KafkaBroker;
let exporter: ExporterProcess;
let prometheus: Prometheus;
let browser: TestBrowser;
let host: PanelHost;

/** Orders come all the time, whatever happens. */
const stop = new AbortController();
let feeding: Promise<void>;

async function feed(): Promise<void> {
  for (let n = 0; !stop.signal.aborted; n++) {
    const order = { event_id: `order-${n}`, type: 'shop.order', key: `c${n % 50}`, payload: { amount: n } };
    const answer = await exporter.post(JSON.stringify([order]), { 'content-type': 'application/json' });
    await answer.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

beforeAll(async () => {
  broker = await startKafka();
  await broker.createTopic(topic, 2);
  exporter = await ExporterProcess.start({
    KAFKA_BROKERS: broker.brokers[0],
    KAFKA_TOPIC: topic,
    // Only the broker's end changes the state, not how fast the machine is, and nothing is held.
    ...patient,
  });
  prometheus = await Prometheus.start({ orders: exporter.addresses.admin }, { scrapeSeconds });
  feeding = feed();
  feeding.catch(() => undefined);
  await waitForState(exporter, ['green'], 60_000);
  browser = await TestBrowser.launch();
  host = await PanelHost.start({
    grafana: 13,
    prometheus: prometheus.url,
    scrapeSeconds,
    dashboards: { cheer: dashboardOf({ interval: '1s', targets: [{ refId: 'A', expr: query }] }) },
  });
}, 900_000);

afterAll(async () => {
  stop.abort();
  await feeding;
  await browser?.close();
  await host?.dispose();
  await prometheus?.dispose();
  await exporter?.dispose();
  await broker?.dispose();
});

/** How often Prometheus has scraped the exporter after this time, epoch ms. */
async function scrapesSince(time: number): Promise<number> {
  const answer = await prometheus.until(`query?query=${encodeURIComponent('up[5m]')}`, '"values"');
  const { data } = JSON.parse(answer) as { data: { result: { values: [number, string][] }[] } };
  return (data.result[0]?.values ?? []).filter(([seconds]) => seconds * 1000 > time).length;
}

test('the panel turns yellow within two scrapes of the stop, says why, and cheers again', async () => {
  const page = await browser.open(host.url('cheer'));
  await keepAsking(page);
  await showsService(page, 'orders', 'green');

  const stopped = Date.now();
  await broker.kill();
  await showsService(page, 'orders', 'yellow');
  expect(await scrapesSince(stopped)).toBeLessThanOrEqual(2);
  await page.getByText('A breaker is open').first().waitFor();

  await broker.restart();
  await waitForState(exporter, ['green'], 60_000);
  await showsService(page, 'orders', 'green');
  await exporter.settled();
  await browser.closeViews();
}, 180_000);
