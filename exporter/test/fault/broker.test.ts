import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import { startTcpProxy, type TcpProxy } from '../../../e2e/helpers/tcp-proxy';
import { settle } from './support/account';
import { moreAcknowledged, refusedFor } from './support/acknowledged';
import { faultRow, type Row } from './support/row';
import { inFlight, type Scene, setScene } from './support/scene';
import { readCheer, waitFor, waitForState } from './support/wait-for';

const requestTimeoutMs = 2_000;

let proxy: TcpProxy;
let broker: KafkaBroker;

beforeAll(async () => {
  proxy = await startTcpProxy();
  broker = await startKafka({ proxyPort: proxy.port });
  proxy.target(broker.proxiedPort);
}, 600_000);

afterAll(async () => {
  await broker?.dispose();
  await proxy?.close();
});

/** An exporter that reaches the broker through the proxy. */
function behindProxy(row: Row, env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  row.onEnd(() => {
    proxy.delay(0);
    proxy.requests('pass');
    proxy.responses('pass');
    proxy.cut();
  });
  return setScene(row, broker, {
    brokers: `127.0.0.1:${proxy.port}`,
    env: { SELFCHEER_PUBLISH_TIMEOUT_MS: String(requestTimeoutMs), ...env },
  });
}

/** Resolves when the topic has grown, as an independent client sees it. */
async function untilPublishing({ consumer }: Scene, withinMs: number): Promise<number> {
  const before = JSON.stringify(await consumer.ends());
  const { seconds } = await waitFor('something is published', withinMs, async () => {
    return JSON.stringify(await consumer.ends()) !== before;
  });
  return seconds;
}

faultRow('broker down for long, then back', { timeoutMs: 90_000 }, async (row) => {
  const quotaBytes = row.pick(1_500_000, 8_000_000_000);
  const {
    exporter,
    consumer,
    driver: drive,
    rss,
  } = await setScene(row, broker, {
    env: { SELFCHEER_OUTBOX_QUOTA_BYTES: String(quotaBytes) },
  });
  // In the long form what an hour at 1,000 events a second leaves behind; in the short form until the quota.
  const backlog = row.pick(Infinity, 3_600_000);
  const driver = drive({ count: Infinity, batch: row.pick(200, 500), retryMs: 200 });
  const driving = driver.run();
  await moreAcknowledged(driver, 1_000);

  const killed = broker.kill();
  const atDown = driver.acknowledged;
  // From the signal itself, not from when the broker's end was noticed here.
  const { seconds: toYellow } = await waitForState(exporter, ['yellow', 'red'], 10_000);
  expect(toYellow).toBeLessThan(5);
  await killed;
  await waitFor(
    'the backlog',
    row.pick(30_000, 900_000),
    () => driver.acknowledged - atDown >= backlog || driver.refusals.has('503 store_full'),
  );
  const whileDown = driver.acknowledged - atDown;
  if (backlog === Infinity) {
    const { reasons } = (await waitForState(exporter, ['red'], 5_000)).value;
    row.report({ notes: `then red: ${reasons.map(({ code }) => code).join(', ')}` });
    // Only that: nothing else was refused, and nothing failed.
    expect(refusedFor(driver)).toEqual(['503 store_full']);
  } else driver.stop();
  await broker.restart();
  const backAt = performance.now();
  if (backlog === Infinity) {
    // It accepts again by itself.
    await moreAcknowledged(driver, 2_000);
    driver.stop();
  }
  await driving;
  await exporter.settled(row.pick(30_000, 900_000));
  const recoverySeconds = (performance.now() - backAt) / 1000;
  await waitForState(exporter, ['green'], 30_000);
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: inFlight });
  row.report({
    ...figures,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes: `yellow after ${toYellow.toFixed(1)} s; ${whileDown} acknowledged while down`,
  });
});

faultRow('slow broker', { timeoutMs: 60_000 }, async (row) => {
  const {
    exporter,
    consumer,
    driver: drive,
    rss,
  } = await behindProxy(row, {
    SELFCHEER_PUBLISH_TIMEOUT_MS: '10000',
  });
  const driver = drive({ count: Infinity, rate: 1_000, batch: 20 });
  const driving = driver.run();
  await moreAcknowledged(driver, 1_000);
  const perSecond = async (seconds: number): Promise<number> => {
    const [from, at] = [driver.acknowledged, performance.now()];
    await sleep(seconds * 1000);
    return ((driver.acknowledged - from) * 1000) / (performance.now() - at);
  };
  const before = await perSecond(2);
  // A request and its answer take longer than an event may, but not so long that they time out.
  proxy.delay(2_500);
  const { value } = await waitForState(exporter, ['yellow'], 10_000);
  expect(value.reasons.map(({ code }) => code)).not.toContain('breakers');
  // Acknowledgements don't wait for the broker.
  const during = await perSecond(row.pick(3, 60));
  expect(during).toBeGreaterThan(0.8 * before);
  expect((await readCheer(exporter)).state).toBe('yellow');
  proxy.delay(0);
  const { seconds } = await waitForState(exporter, ['green'], 30_000);
  driver.stop();
  await driving;
  // Nothing was in doubt, so nothing was sent twice.
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: 0 });
  row.report({
    ...figures,
    recoverySeconds: seconds,
    rssPeakBytes: rss.peakBytes,
    notes: `acks at ${Math.round(during)}/s, before at ${Math.round(before)}/s`,
  });
});

faultRow('half-open TCP', { timeoutMs: 60_000 }, async (row) => {
  const rounds = row.pick(2, 30);
  const scene = await behindProxy(row);
  const { exporter, consumer, driver: drive, rss } = scene;
  const driver = drive({ count: Infinity, rate: 2_000, batch: 20 });
  const driving = driver.run();
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    await moreAcknowledged(driver, 2_000);
    proxy.freeze();
    // Until what was under way before has arrived.
    await sleep(200);
    slowest = Math.max(slowest, await untilPublishing(scene, 2 * requestTimeoutMs));
    // And all lanes with it, before the next.
    await moreAcknowledged(driver, 1_000);
  }
  driver.stop();
  await driving;
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: rounds * inFlight,
  });
  row.report({
    ...figures,
    recoverySeconds: slowest,
    rssPeakBytes: rss.peakBytes,
    notes: `request timeout ${requestTimeoutMs / 1000} s`,
  });
});

faultRow('server closes its half', async (row) => {
  const rounds = row.pick(3, 50);
  const scene = await behindProxy(row);
  const { exporter, consumer, driver: drive, rss } = scene;
  const driver = drive({ count: Infinity, rate: 2_000, batch: 20 });
  const driving = driver.run();
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    await moreAcknowledged(driver, 1_000);
    proxy.halfClose();
    slowest = Math.max(slowest, await untilPublishing(scene, 2 * requestTimeoutMs));
  }
  driver.stop();
  await driving;
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: rounds * inFlight,
  });
  row.report({ ...figures, recoverySeconds: slowest, rssPeakBytes: rss.peakBytes });
});

faultRow('response lost, then batches of another size', { timeoutMs: 60_000 }, async (row) => {
  const rounds = row.pick(3, 60);
  const scene = await behindProxy(row);
  const { exporter, consumer, driver: drive, rss } = scene;
  // Bodies of very different sizes, so that batches and what stands in them differ from send to send.
  const payload = (n: number) => `{"n":${n},"fill":"${'x'.repeat(((n * 7919) % 13) ** 3)}"}`;
  const driver = drive({ count: Infinity, rate: 3_000, batch: 30, payload });
  const driving = driver.run();
  let slowest = 0;
  for (let round = 0; round < rounds; round++) {
    await moreAcknowledged(driver, 1_500);
    const before = proxy.swallowed;
    proxy.responses('swallow');
    await waitFor('answers are lost', 10_000, () => proxy.swallowed > before);
    // Some rounds until requests time out, some only for a moment: the connection then breaks in between.
    await sleep(round % 2 === 0 ? requestTimeoutMs + 200 : 50);
    proxy.responses('pass');
    proxy.reset();
    slowest = Math.max(slowest, await untilPublishing(scene, 10_000));
  }
  driver.stop();
  await driving;
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: 3 * rounds * inFlight,
  });
  expect(figures.duplicates).toBeGreaterThan(0);
  row.report({ ...figures, recoverySeconds: slowest, rssPeakBytes: rss.peakBytes });
});

faultRow('connection cut in the middle of a frame', async (row) => {
  const cuts = row.pick(6, 500);
  const scene = await behindProxy(row);
  const { exporter, consumer, driver: drive, rss } = scene;
  const driver = drive({ count: Infinity, rate: 3_000, batch: 30 });
  const driving = driver.run();
  for (let cut = 0; cut < cuts; cut++) {
    const broken = proxy.connections;
    proxy.resetAfter(1 + ((cut * 7919) % 20_000));
    await waitFor('it connected anew', 20_000, () => proxy.connections > broken, 5);
  }
  const recoverySeconds = await untilPublishing(scene, 10_000);
  driver.stop();
  await driving;
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: cuts * inFlight });
  row.report({ ...figures, recoverySeconds, rssPeakBytes: rss.peakBytes, notes: `${cuts} cuts` });
});
