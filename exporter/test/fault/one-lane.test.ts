import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type KafkaBroker, type KafkaBrokerOptions, startKafka } from '../../../e2e/helpers/kafka-broker';
import { LedgerDriver } from '../../../e2e/helpers/ledger-driver';
import { kafkaConsumer } from '../../../e2e/helpers/published';
import { startTcpProxy, type TcpProxy } from '../../../e2e/helpers/tcp-proxy';
import { laneOf } from '../../src/outbox/keys';
import { partitionOf } from '../../src/publish/kafka-partitioner';
import { settle } from './support/account';
import { flowOf, networkDelayMs, readAppended, told } from './support/appended';
import { faultRow, type Row } from './support/row';
import { inFlight, setScene } from './support/scene';
import { readJson, waitFor } from './support/wait-for';

const run = promisify(execFile);
/** Broker 1 leads the partitions 0 to 2, broker 2, which is stopped, 3 to 5. */
const leaders = [1, 1, 1, 2, 2, 2];
const isHealthy = (partition: number) => partition < 3;
/** 16 and the synthetic one. */
const lanes = 17;
const oneLane: ReadonlySet<number> = new Set([3]);
const halfOfTheLanes: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 7]);
const requestTimeoutMs = 2_000;
/** Events a second. */
const rate = 2_000;

let first: KafkaBroker;
let second: KafkaBroker;
/** In front of each. */
const proxies: TcpProxy[] = [];

async function startProxied(options: KafkaBrokerOptions): Promise<KafkaBroker> {
  const proxy = await startTcpProxy();
  proxies.push(proxy);
  const broker = await startKafka({ ...options, proxyPort: proxy.port });
  proxy.target(broker.proxiedPort);
  return broker;
}

beforeAll(async () => {
  // A broker that is silent for so long is out of the cluster: its partitions then have no leader at all.
  first = await startProxied({ settings: { 'broker.session.timeout.ms': '5000' } });
  second = await startProxied({ join: first });
}, 600_000);

afterAll(async () => {
  await second?.dispose();
  await first?.dispose();
  for (const proxy of proxies) await proxy.close();
});

function delayBoth(row: Row): void {
  row.onEnd(() => proxies.forEach((proxy) => proxy.delay(0)));
  for (const proxy of proxies) proxy.delay(networkDelayMs);
}

/** 64 keys so that a lane has partitions of one broker only: the stuck lanes those of the second, all others the first's. */
function separateKeys(stuckLanes: ReadonlySet<number>): string[] {
  const keys: string[] = [];
  for (let i = 0; keys.length < 64; i++) {
    const key = `apart-${i}`;
    const isStuck = stuckLanes.has(laneOf({ traffic: 'real', key }, lanes));
    if (isStuck !== isHealthy(partitionOf(key, leaders.length))) keys.push(key);
  }
  return keys;
}

/** As librdkafka sees it. */
async function hasAllLeaders(topic: string): Promise<boolean> {
  const { stdout } = await run('kcat', ['-b', first.brokers[0], '-L', '-J', '-t', topic], {
    timeout: 10_000,
  });
  const { topics } = JSON.parse(stdout) as { topics: { partitions: { leader: number }[] }[] };
  return topics.every(({ partitions }) => partitions.every(({ leader }) => leader > 0));
}

faultRow('one lane stuck', { timeoutMs: 90_000 }, (row) => othersGoOn(row, oneLane));
faultRow('half of the lanes stuck', { timeoutMs: 90_000 }, (row) => othersGoOn(row, halfOfTheLanes));

async function othersGoOn(row: Row, stuckLanes: ReadonlySet<number>): Promise<void> {
  const topic = `lanes-${process.pid}-${stuckLanes.size}`;
  await first.createTopicOn(topic, leaders, { 'message.timestamp.type': 'LogAppendTime' });
  await first.createTopicOn(`${topic}.synthetic`, [1]);
  delayBoth(row);
  const {
    exporter,
    consumer,
    driver: drive,
    rss,
  } = await setScene(row, first, {
    topic,
    topicsMade: true,
    brokers: `127.0.0.1:${proxies[0]?.port}`,
    env: { SELFCHEER_PUBLISH_TIMEOUT_MS: String(requestTimeoutMs) },
  });
  const keys = separateKeys(stuckLanes);
  const driver = drive({ count: Infinity, rate, batch: 20, keyOf: (index) => keys[index] ?? '' });
  const driving = driver.run();
  // Compiled, too: a process that is just starting would be too easy to be as good as.
  await waitFor('it runs warm', 20_000, () => driver.acknowledged >= 6_000);

  const before = Date.now();
  await sleep(row.pick(3_000, 60_000));
  row.onEnd(() => second.resume());
  second.pause();
  const paused = Date.now();
  await sleep(row.pick(6_000, 300_000));
  const resumed = Date.now();
  second.resume();
  const back = performance.now();
  driver.stop();
  await driving;
  await exporter.settled(60_000);
  const recoverySeconds = (performance.now() - back) / 1000;

  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: row.pick(10, 200) * inFlight,
  });
  const healthy = await readAppended(first.brokers[0], topic, ({ partition }) => isHealthy(partition));
  const well = flowOf(healthy, [before, paused]);
  const stuck = flowOf(healthy, [paused, resumed]);
  row.report({
    ...figures,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes:
      `the others: ${told(stuck)}; before: ${told(well)}; ` +
      `the network takes ${2 * networkDelayMs} ms there and back`,
  });
  // Before, it may still have been catching up with what fell due while it ran warm.
  const due = (rate * keys.filter((key) => isHealthy(partitionOf(key, leaders.length))).length) / keys.length;
  expect(stuck.perSecond).toBeGreaterThan(0.9 * Math.min(due, well.perSecond));
  // At no time did they stand still, as they would if they waited for a request that times out.
  expect(stuck.leastPerSecond).toBeGreaterThan(0.3 * due);
  expect(stuck.p99).toBeLessThan(1.5 * well.p99);
}

faultRow('partitions without a leader', { timeoutMs: 90_000 }, async (row) => {
  const topic = `leaderless-${process.pid}`;
  await first.createTopicOn(topic, leaders);
  await first.createTopicOn(`${topic}.synthetic`, [1]);
  row.onEnd(() => second.resume());
  // Silent for so long that it is out of the cluster.
  second.pause();
  await waitFor('the cluster has noticed', 20_000, async () => !(await hasAllLeaders(topic)));
  // It has never seen this topic whole.
  const {
    exporter,
    consumer,
    driver: drive,
    rss,
  } = await setScene(row, first, {
    topic,
    topicsMade: true,
    // The stuck lane asks again after 30 s at the most; a row has less time.
    env: { SELFCHEER_PUBLISH_BACKOFF_MAX_MS: '1000' },
  });
  const keys = separateKeys(oneLane);
  const driver = drive({ count: 5_000, keyOf: (index) => keys[index] ?? '' });
  await driver.run();
  const stuck = keys.filter((key) => !isHealthy(partitionOf(key, leaders.length)));
  const well = LedgerDriver.read(driver.ledger).filter((id) => {
    return !stuck.includes(driver.event(driver.numberOf(id) ?? 0).key);
  });
  const { seconds } = await waitFor('the other lanes are through', 15_000, async () => {
    const { lanes: states } = await readJson<{ lanes: { lane: number; pending: number }[] }>(
      exporter,
      '/api/v1/pipeline',
    );
    return states.every(({ lane, pending }) => oneLane.has(lane) || pending === 0);
  });
  // Asked of the first broker's partitions alone: a client that reads all of them waits for a leader.
  const ends = (await kafkaConsumer(first.brokers[0], topic, 3).ends()) as string[];
  const there = ends.reduce((sum, line) => sum + Number(/\d+$/.exec(line)?.[0]), 0);
  expect(there).toBe(well.length);
  second.resume();
  const began = performance.now();
  await exporter.settled(60_000);
  const recoverySeconds = (performance.now() - began) / 1000;
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: 0 });
  row.report({
    ...figures,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes: `the other lanes were through after ${seconds.toFixed(1)} s`,
  });
});
