import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import type { LedgerDriver } from '../../../e2e/helpers/ledger-driver';
import { startTcpProxy, type TcpProxy } from '../../../e2e/helpers/tcp-proxy';
import { laneOf } from '../../src/outbox/keys';
import { settle } from './support/account';
import { moreAcknowledged, refusedFor } from './support/acknowledged';
import { flowOf, networkDelayMs, readAppended, type Span, told } from './support/appended';
import { type ProduceMeter, startProduceMeter } from './support/client-produce-meter';
import { faultRow } from './support/row';
import { inFlight, setScene } from './support/scene';
import { waitFor, waitForState } from './support/wait-for';

const mebibyte = 2 ** 20;
/** 16 and the synthetic one. */
const lanes = 17;
/** What docs/architecture.md allows: a tenth of the sends, one a second, ten saved up. */
const budget = { ratio: 0.1, perSecond: 1, saved: 10 };
/** And the one probe of the breaker each time that its sleep, 0.5 s to 5 s, is over. */
const probesWithin = (seconds: number): number =>
  Math.ceil(Math.log2(seconds / 0.5 + 1)) + Math.ceil(seconds / 5);

/** The exporter reaches the broker through the one, then the other. */
let meter: ProduceMeter;
let network: TcpProxy;
let broker: KafkaBroker;

beforeAll(async () => {
  meter = await startProduceMeter();
  broker = await startKafka({ proxyPort: meter.port });
  network = await startTcpProxy();
  network.target(broker.proxiedPort);
  meter.target(network.port);
}, 600_000);

afterAll(async () => {
  await broker?.dispose();
  await meter?.close();
  await network?.close();
});

faultRow(
  'retry storm: the sink fails, and clients send again at once',
  { timeoutMs: 120_000 },
  async (row) => {
    const {
      exporter,
      consumer,
      driver: drive,
      rss,
    } = await setScene(row, broker, {
      brokers: `127.0.0.1:${meter.port}`,
      env: { SELFCHEER_OUTBOX_QUOTA_BYTES: '400000' },
    });
    const driver = drive({ count: Infinity, connections: 64, keys: 256, batch: 20, retryMs: 0 });
    const driving = driver.run();
    await moreAcknowledged(driver, 5_000);
    const rssBefore = rss.peakBytes;

    const refusedTimes = () => driver.refusals.get('503 store_full') ?? 0;
    row.onEnd(() => meter.refuse(false));
    meter.refuse(true);
    const brokenAt = performance.now();
    await waitFor('a send that is refused', 20_000, () => meter.requests.some(({ at }) => at > brokenAt));
    const refusedBefore = refusedTimes();
    await waitFor('refusals', 30_000, () => refusedTimes() > refusedBefore);
    const from = performance.now();
    const { resent } = driver;
    const seconds = row.pick(4, 120);
    await sleep(seconds * 1000);
    const stormed = driver.resent - resent;
    const sends = meter.requests.filter(({ at }) => at >= from);
    const again = sends.filter((request) => request.again).length;
    meter.refuse(false);
    const healedAt = performance.now();
    await moreAcknowledged(driver, 5_000, 30_000);
    driver.stop();
    await driving;
    await waitForState(exporter, ['green'], 40_000);
    const recoverySeconds = (performance.now() - healedAt) / 1000;
    expect(refusedFor(driver)).toEqual(['503 store_full']);
    const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: inFlight });

    const all = meter.requests.filter((request) => request.again).length;
    const grown = rss.peakBytes - rssBefore;
    row.report({
      ...figures,
      recoverySeconds,
      rssPeakBytes: rss.peakBytes,
      notes:
        `clients sent again ${Math.round(stormed / seconds)} times a second; to the broker ${again} retries in ` +
        `${seconds} s, in all ${all} of ${meter.requests.length} sends, counted at a proxy; ` +
        `${Math.round(grown / mebibyte)} MiB more memory`,
    });
    // It was a storm, and none of it reached the broker.
    expect(stormed / seconds).toBeGreaterThan(100);
    const first = sends.length - again;
    // Of what was never sent each lane has one batch.
    expect(first).toBeLessThanOrEqual(lanes);
    expect(again).toBeLessThanOrEqual(
      budget.ratio * first + budget.perSecond * seconds + budget.saved + probesWithin(seconds),
    );
    const runSeconds = (performance.now() - (meter.requests[0]?.at ?? 0)) / 1000;
    expect(all).toBeLessThanOrEqual(
      budget.ratio * (meter.requests.length - all) +
        budget.perSecond * runSeconds +
        budget.saved +
        probesWithin(runSeconds),
    );
    expect(grown).toBeLessThan(192 * mebibyte);
  },
);

faultRow('hot key: one key gets 90 % of the load', { timeoutMs: 120_000 }, async (row) => {
  const topic = `hot-${process.pid}`;
  await broker.createTopic(topic, 6, { 'message.timestamp.type': 'LogAppendTime' });
  row.onEnd(() => network.delay(0));
  network.delay(networkDelayMs);
  const {
    exporter,
    consumer,
    driver: drive,
    rss,
  } = await setScene(row, broker, { topic, brokers: `127.0.0.1:${meter.port}` });
  const hotKey = 'hot-key';
  const lane = (key: string) => laneOf({ traffic: 'real', key }, lanes);
  const keys = Array.from({ length: 128 }, (_, i) => `key-${i}`).filter((key) => lane(key) !== lane(hotKey));
  const othersRate = 150;
  const others = drive({
    count: Infinity,
    prefix: 'other',
    rate: othersRate,
    batch: 5,
    keys: 64,
    keyOf: (i) => keys[i] ?? '',
  });
  const running = others.run();
  await waitFor('it runs warm', 20_000, () => others.acknowledged >= 500);
  // By turns, so that other work on the machine falls on both alike.
  const cool: Span[] = [];
  const heated: Span[] = [];
  const hots: LedgerDriver[] = [];
  for (let round = 0; round < row.pick(3, 30); round++) {
    const cooled = Date.now();
    await sleep(row.pick(2_000, 10_000));
    const hot = drive({
      count: Infinity,
      prefix: `hot${round}`,
      rate: 9 * othersRate,
      batch: 75,
      keys: 1,
      connections: 1,
      keyOf: () => hotKey,
    });
    hots.push(hot);
    const begun = Date.now();
    const heating = hot.run();
    await sleep(row.pick(2_000, 10_000));
    cool.push([cooled, begun]);
    heated.push([begun, Date.now()]);
    hot.stop();
    await heating;
  }
  others.stop();
  await running;
  const figures = await settle({ exporter, drivers: [others, ...hots], consumer, duplicatesAtMost: 0 });

  const events = await readAppended(broker.brokers[0], topic, ({ headers }) =>
    String(headers['ce_id']).startsWith('other-'),
  );
  const [without, within] = [flowOf(events, ...cool), flowOf(events, ...heated)];
  const heatedMs = heated.reduce((sum, [from, to]) => sum + to - from, 0);
  const hotEvents = hots.reduce((sum, hot) => sum + hot.acknowledged, 0);
  row.report({
    ...figures,
    rssPeakBytes: rss.peakBytes,
    notes:
      `hot ${Math.round((hotEvents * 1000) / heatedMs)}/s; the others: ${told(within)}; without it, by turns: ` +
      `${told(without)}; the network takes ${2 * networkDelayMs} ms there and back`,
  });
  expect(within.perSecond).toBeGreaterThan(0.9 * without.perSecond);
  expect(within.p99).toBeLessThan(1.5 * without.p99);
  expect(rss.peakBytes).toBeLessThan(512 * mebibyte);
});
