import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import { consumeTopic } from '../../../e2e/helpers/kcat';
import { laneOf } from '../../src/outbox/keys';
import { settle } from './support/account';
import { moreAcknowledged, refusedFor } from './support/acknowledged';
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
const probesWithin = (seconds: number): number => Math.ceil(Math.log2(seconds / 0.5 + 1)) + Math.ceil(seconds / 5);

let meter: ProduceMeter;
let broker: KafkaBroker;

beforeAll(async () => {
  meter = await startProduceMeter();
  broker = await startKafka({ proxyPort: meter.port });
  meter.target(broker.proxiedPort);
}, 600_000);

afterAll(async () => {
  await broker?.dispose();
  await meter?.close();
});

/** With more than there are the broker refuses every send at once. */
async function demandReplicas(topic: string, least: number): Promise<void> {
  const admin = new Kafka({ brokers: [broker.brokers[0]], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const configEntries = [{ name: 'min.insync.replicas', value: String(least) }];
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
    await admin.alterConfigs({ validateOnly: false, resources });
  } finally {
    await admin.disconnect();
  }
}

faultRow('retry storm: the sink fails, and clients send again at once', { timeoutMs: 120_000 }, async (row) => {
  const {
    exporter,
    consumer,
    topic,
    driver: drive,
    rss,
  } = await setScene(row, broker, {
    brokers: `127.0.0.1:${meter.port}`,
    env: { SELFCHEER_OUTBOX_QUOTA_BYTES: '2000000' },
  });
  const driver = drive({ count: Infinity, connections: 64, keys: 256, batch: 20, retryMs: 0 });
  const driving = driver.run();
  await moreAcknowledged(driver, 5_000);
  const rssBefore = rss.peakBytes;

  await demandReplicas(topic, 2);
  await waitFor('a refusal', 20_000, () => driver.refusals.has('503 store_full'));
  const from = performance.now();
  const { resent } = driver;
  const seconds = row.pick(6, 120);
  await sleep(seconds * 1000);
  const stormed = driver.resent - resent;
  const sends = meter.requests.filter(({ at }) => at >= from);
  const again = sends.filter((request) => request.again).length;
  await demandReplicas(topic, 1);
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
  expect(again).toBeLessThanOrEqual(
    budget.ratio * first + budget.perSecond * seconds + budget.saved + probesWithin(seconds),
  );
  const runSeconds = (performance.now() - (meter.requests[0]?.at ?? 0)) / 1000;
  expect(all).toBeLessThanOrEqual(
    budget.ratio * (meter.requests.length - all) + budget.perSecond * runSeconds + budget.saved + probesWithin(runSeconds),
  );
  expect(grown).toBeLessThan(192 * mebibyte);
});

interface Appended {
  readonly accepted: number;
  readonly appended: number;
}

/** What became of events within a window of the wall clock: how many were appended a second, and how long the slowest took. */
function figuresOf(events: readonly Appended[], from: number, to: number): { perSecond: number; p99: number } {
  const waits = events
    .filter(({ accepted }) => accepted >= from && accepted < to)
    .map(({ accepted, appended }) => appended - accepted)
    .sort((a, b) => a - b);
  const within = events.filter(({ appended }) => appended >= from && appended < to).length;
  return { perSecond: (within * 1000) / (to - from), p99: waits[Math.floor(waits.length * 0.99)] ?? NaN };
}

faultRow('hot key: one key gets 90 % of the load', { timeoutMs: 120_000 }, async (row) => {
  const topic = `hot-${process.pid}`;
  await broker.createTopic(topic, 6, { 'message.timestamp.type': 'LogAppendTime' });
  const { exporter, consumer, driver: drive, rss } = await setScene(row, broker, { topic });
  const hotKey = 'hot-key';
  const lane = (key: string) => laneOf({ traffic: 'real', key }, lanes);
  const keys = Array.from({ length: 128 }, (_, i) => `key-${i}`).filter((key) => lane(key) !== lane(hotKey));
  const othersRate = 400;
  const others = drive({
    count: Infinity,
    prefix: 'other',
    rate: othersRate,
    batch: 10,
    keys: 64,
    keyOf: (i) => keys[i] ?? '',
  });
  const running = others.run();
  await waitFor('it runs warm', 20_000, () => others.acknowledged >= 1_000);
  const before = Date.now();
  await sleep(row.pick(4_000, 60_000));
  const hot = drive({
    count: Infinity,
    prefix: 'hot',
    rate: 9 * othersRate,
    batch: 200,
    keys: 1,
    connections: 1,
    keyOf: () => hotKey,
  });
  const begun = Date.now();
  const heating = hot.run();
  await sleep(row.pick(5_000, 300_000));
  const end = Date.now();
  hot.stop();
  others.stop();
  await Promise.all([running, heating]);
  const figures = await settle({ exporter, drivers: [others, hot], consumer, duplicatesAtMost: 0 });

  const events: Appended[] = [];
  for await (const { headers, timestamp, value } of consumeTopic(broker.brokers[0], topic)) {
    if (!String(headers['ce_id']).startsWith('other-')) continue;
    events.push({ accepted: Number(/,"timestamp":(\d+)/.exec(String(value))?.[1]), appended: timestamp });
  }
  const without = figuresOf(events, before, begun);
  const within = figuresOf(events, begun, end);
  row.report({
    ...figures,
    rssPeakBytes: rss.peakBytes,
    notes:
      `hot ${Math.round((hot.acknowledged * 1000) / (end - begun))}/s; the others ${Math.round(within.perSecond)}/s, ` +
      `p99 ${within.p99} ms; without it ${Math.round(without.perSecond)}/s, p99 ${without.p99} ms`,
  });
  expect(within.perSecond).toBeGreaterThan(0.9 * without.perSecond);
  // Both are some milliseconds on a quiet machine, where a pause of the scheduler is more than half of them.
  expect(within.p99).toBeLessThan(Math.max(1.5 * without.p99, without.p99 + 50));
  expect(rss.peakBytes).toBeLessThan(512 * mebibyte);
});
