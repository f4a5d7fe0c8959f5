import { settle } from './support/account';
import { setDiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { waitFor, waitForState } from './support/wait-for';

const mebibyte = 2 ** 20;
const heapMebibytes = 96;
/** Heap, what is buffered, LevelDB's own buffers and cache, the relay's heap, and what Node itself takes. */
const mostBytes = (2 * heapMebibytes + 32 + 16 + 192 + 200) * mebibyte;

faultRow('memory cap: sheds before it dies', { timeoutMs: 90_000 }, async (row) => {
  const scene = await setDiskScene(row, {
    env: {
      NODE_OPTIONS: `--max-old-space-size=${heapMebibytes}`,
      SELFCHEER_INGEST_LIMITS_BUFFERED_BYTES: String(16 * mebibyte),
      SELFCHEER_OUTBOX_QUEUE_BYTES: String(8 * mebibyte),
    },
  });
  const { exporter, rss } = scene;
  // A long backlog first: nothing takes what comes in.
  await exporter.stop();
  await exporter.restart({ KAFKA_BROKERS: '127.0.0.1:1' });
  const { pid } = exporter;
  const text = 'm'.repeat(4_000);
  const payload = (n: number): string => `{"n":${n},"text":"${text}"}`;
  const driver = scene.driver({
    rate: Infinity,
    connections: 64,
    // A key comes once in a request: what a partly refused request does to the order has a row of its own.
    keys: 6_400,
    batch: 100,
    retryMs: 20,
    requestTimeoutMs: 20_000,
    payload,
  });
  const running = driver.run();
  running.catch(() => undefined);
  const backlog = row.pick(25_000, 500_000);
  await waitFor('a long backlog', row.pick(45_000, 900_000), () => driver.acknowledged >= backlog);
  expect(exporter.pid).toBe(pid);
  expect(exporter.running).toBe(true);
  // Then it has to read and publish that, still under load.
  await exporter.stop();
  await exporter.restart();
  const again = exporter.pid;
  const goal = driver.acknowledged + row.pick(5_000, 200_000);
  await waitFor('acknowledgements', row.pick(30_000, 900_000), () => driver.acknowledged >= goal);
  driver.stop();
  await running;
  expect(exporter.pid).toBe(again);
  const { seconds } = await waitForState(exporter, ['green'], 30_000);
  // It refused with a reason, and only with such: no connection was cut but for the two orderly stops.
  const refusals = [...driver.refusals];
  expect(refusals.map(([why]) => why)).toEqual(expect.arrayContaining([expect.stringMatching(/^503 /)]));
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer: scene.consumer,
    duplicatesAtMost: 0,
  });
  expect(rss.peakBytes).toBeLessThan(mostBytes);
  row.report({
    ...figures,
    recoverySeconds: seconds,
    rssPeakBytes: rss.peakBytes,
    notes: `heap of ${heapMebibytes} MiB; ${refusals.map(([why, times]) => `${times} x ${why}`).join(', ')}`,
  });
});

faultRow('part of a request refused: each key keeps its order', async (row) => {
  // A queue that two groups of a request fill: the next is refused, a smaller one behind it would still fit.
  const scene = await setDiskScene(row, { env: { SELFCHEER_OUTBOX_QUEUE_BYTES: String(mebibyte) } });
  const driver = scene.driver({
    count: row.pick(30_000, 300_000),
    rate: Infinity,
    connections: 32,
    keys: 128,
    batch: 250,
    retryMs: 20,
    payload: (n) => `{"n":${n},"text":"${'q'.repeat(2_000)}"}`,
  });
  await driver.run();
  const refusals = [...driver.refusals];
  expect(refusals.map(([why]) => why)).toEqual(expect.arrayContaining([expect.stringMatching(/^503 /)]));
  const { exporter, consumer } = scene;
  row.report({
    ...(await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: 0 })),
    notes: refusals.map(([why, times]) => `${times} x ${why}`).join(', '),
  });
});
