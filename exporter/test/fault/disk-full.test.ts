import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../../e2e/helpers/exporter-process';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import { settle } from './support/account';
import { injectFault } from './support/disk-inject';
import { promptCheer, setDiskScene } from './support/disk-scene';
import { mountSmallVolume, type SmallVolume } from './support/disk-volume';
import { faultRow, type Row } from './support/row';
import { inFlight, setScene } from './support/scene';
import { waitFor, waitForState } from './support/wait-for';

const mebibyte = 2 ** 20;
const volumeMebibytes = 64;
const payload = (n: number): string => `{"n":${n},"text":"${'z'.repeat(1_500)}"}`;

let broker: KafkaBroker;
beforeAll(async () => {
  broker = await startKafka();
}, 600_000);
afterAll(() => broker?.dispose());

/** A small disk of this row's own; without the right to mount, the row must find another way. */
function volumeFor(row: Row): SmallVolume | undefined {
  const volume = mountSmallVolume(volumeMebibytes);
  if (volume) row.onEnd(() => volume.dispose());
  return volume;
}

faultRow('disk full: the broker is away and the outbox fills it', { timeoutMs: 90_000 }, async (row) => {
  const volume = volumeFor(row);
  if (!volume) return withoutMount(row);
  const scene = await setScene(row, broker, {
    dataDir: path.join(volume.directory, 'data'),
    env: { ...promptCheer },
  });
  const { exporter } = scene;
  const driver = scene.driver({ count: Infinity, payload, retryMs: 200, batch: 50, rate: 2_000 });
  await waitForState(exporter, ['green'], 20_000);
  broker.pause();
  row.onEnd(() => broker.resume());
  const running = driver.run();
  running.catch(() => undefined);
  await waitFor('a refusal', 40_000, () => driver.refusals.has('503 store_full'));
  const { value } = await waitForState(exporter, ['red'], 10_000);
  // Fenced when the last byte went before anybody looked at how much was left.
  expect(value.reasons.map(({ code }) => code)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^(refusing|fenced)$/)]),
  );
  // A compaction may make room once more, for a moment.
  await waitFor('not ready', 10_000, async () => (await exporter.admin('/readyz')).status === 503);
  const before = driver.acknowledged;
  const leastFree = volume.freeBytes();
  broker.resume();
  const { seconds } = await waitFor('it accepts again', 40_000, () => driver.acknowledged > before + 1_000);
  driver.stop();
  await running;
  await waitForState(exporter, ['green'], 40_000);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer: scene.consumer,
    // Of the pause, and of a fence where a compaction found no room.
    duplicatesAtMost: 2 * inFlight,
  });
  row.report({
    ...figures,
    recoverySeconds: seconds,
    rssPeakBytes: scene.rss.peakBytes,
    notes: `${volumeMebibytes} MiB tmpfs, ${(leastFree / mebibyte).toFixed(1)} MiB free when full; ${[...driver.refusals].map(([why, times]) => `${times} x ${why}`).join(', ')}`,
  });
});

faultRow('disk full: another program fills it to the last byte', { timeoutMs: 120_000 }, async (row) => {
  const volume = volumeFor(row);
  if (!volume) return withoutMount(row);
  const scene = await setScene(row, broker, {
    dataDir: path.join(volume.directory, 'data'),
    env: { ...promptCheer },
  });
  const { exporter } = scene;
  const driver = scene.driver({ count: Infinity, payload, retryMs: 200, batch: 50, rate: 2_000 });
  const running = driver.run();
  running.catch(() => undefined);
  await waitFor('acknowledgements', 20_000, () => driver.acknowledged > 1_000);
  volume.fill(0);
  await waitFor('a refusal', 20_000, () =>
    [...driver.refusals.keys()].some((why) => why.startsWith('503 store_')),
  );
  const { value } = await waitForState(exporter, ['red'], 10_000);
  expect(value.reasons.map(({ code }) => code).some((code) => code === 'refusing' || code === 'fenced')).toBe(
    true,
  );

  // Killed and started on the full disk: it starts and refuses, or says clearly why it can't; it never loses.
  volume.fill(0);
  await exporter.kill9();
  volume.fill(0);
  const started = await startOnFullDisk(exporter.restart.bind(exporter));
  if (started === undefined) {
    const { status } = await exporter.post('{"event_id":"full","payload":1}', {
      'content-type': 'application/json',
    });
    expect(status).toBe(503);
  } else {
    expect(started).toMatch(/space|disk is full|ENOSPC/i);
    expect(started).not.toMatch(/damaged|does not add up|\n\s+at /);
  }
  await sleep(1_000);
  const before = driver.acknowledged;
  volume.giveBack();
  if (!exporter.running) await exporter.restart();
  const { seconds } = await waitFor('it accepts again', 40_000, () => driver.acknowledged > before + 1_000);
  driver.stop();
  await running;
  await waitForState(exporter, ['green'], 40_000);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer: scene.consumer,
    duplicatesAtMost: 2 * inFlight,
  });
  row.report({
    ...figures,
    recoverySeconds: seconds,
    rssPeakBytes: scene.rss.peakBytes,
    notes: `${started === undefined ? 'starts on the full disk and refuses' : 'does not start on the full disk and says why'}; ${[...driver.refusals].map(([why, times]) => `${times} x ${why}`).join(', ')}`,
  });
});

/** Undefined when it started, else what it said. */
async function startOnFullDisk(restart: () => Promise<void>): Promise<string | undefined> {
  try {
    await restart();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** No right to mount: the disk is full for this one process, by its system calls. */
async function withoutMount(row: Row): Promise<void> {
  const scene = await setDiskScene(row);
  const { exporter } = scene;
  const driver = scene.driver({ retryMs: 100 });
  const running = driver.run();
  running.catch(() => undefined);
  await waitFor('acknowledgements', 20_000, () => driver.acknowledged > 1_000);
  const store = path.join(exporter.dataDir, 'store');
  const files = readdirSync(store)
    .filter((name) => /^\d+\.(log|ldb)$/.test(name))
    .map((name) => path.join(store, name));
  const injected = await injectFault(exporter.pid!, { calls: ['write'], error: 'ENOSPC', files });
  row.onEnd(() => injected.heal());
  await waitFor('a refusal', 20_000, () => driver.refusals.size > 0);
  await waitForState(exporter, ['red'], 10_000);
  await injected.heal();
  const before = driver.acknowledged;
  const { seconds } = await waitFor('it accepts again', 30_000, () => driver.acknowledged > before + 500);
  driver.stop();
  await running;
  await waitForState(exporter, ['green'], 30_000);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer: scene.consumer,
    duplicatesAtMost: 0,
  });
  row.report({
    ...figures,
    recoverySeconds: seconds,
    notes: 'no right to mount: ENOSPC injected by strace instead',
  });
}

faultRow('disk full: a first start on a full disk', async (row) => {
  const volume = volumeFor(row);
  if (!volume) {
    row.report({ notes: 'no right to mount: not tried' });
    return;
  }
  volume.fill(0);
  const env = {
    SELFCHEER_HTTP: '127.0.0.1:0',
    SELFCHEER_GRPC: '127.0.0.1:0',
    SELFCHEER_ADMIN: '127.0.0.1:0',
    SELFCHEER_DATA_DIR: path.join(volume.directory, 'data'),
    LOG_LEVEL: 'fatal',
  };
  const refused = await runCli(['start'], env, 20_000);
  expect(refused.stdout).toBe('');
  expect([2, 3, 1]).toContain(refused.code);
  expect(refused.stderr).toMatch(/space|disk is full|ENOSPC/i);
  volume.giveBack();
  const { exporter } = await setDiskScene(row, { dataDir: path.join(volume.directory, 'data') });
  const answer = await exporter.post('{"event_id":"after","payload":1}', {
    'content-type': 'application/json',
  });
  expect(answer.status).toBe(202);
  expect(volume.freeBytes()).toBeGreaterThan(mebibyte);
  row.report({ notes: `exit code ${refused.code}, says that the disk is full; starts once there is room` });
});
