import { readdirSync } from 'node:fs';
import path from 'node:path';
import { settle } from './support/account';
import { setDiskScene, type DiskScene } from './support/disk-scene';
import { injectFault, type Fault } from './support/disk-inject';
import { faultRow, type Row } from './support/row';
import { waitFor, waitForState } from './support/wait-for';

/** The newest file of the store, the log that LevelDB writes to now. */
function storeLog(dataDir: string): string {
  const store = path.join(dataDir, 'store');
  const logs = readdirSync(store).filter((name) => name.endsWith('.log'));
  return path.join(store, logs.sort().at(-1)!);
}

/** Runs a load over a fault of `seconds`; the state that it must bring, and green again by itself afterwards. */
async function underFault(
  row: Row,
  scene: DiskScene,
  fault: (dataDir: string) => Fault,
  during: () => Promise<unknown>,
): Promise<void> {
  const { exporter } = scene;
  const driver = scene.driver({ count: Infinity, retryMs: 100 });
  const running = driver.run();
  running.catch(() => undefined);
  await waitFor('acknowledgements', 20_000, () => driver.acknowledged > 2_000);
  const injected = await injectFault(exporter.pid!, fault(exporter.dataDir));
  row.onEnd(() => injected.heal());
  try {
    await during();
  } finally {
    await injected.heal();
  }
  const healedAt = driver.acknowledged;
  const { seconds } = await waitForState(exporter, ['green'], 30_000);
  await waitFor('acknowledgements after the fault', 20_000, () => driver.acknowledged > healedAt + 2_000);
  driver.stop();
  await running;
  const account = await settle({
    exporter,
    drivers: [driver],
    consumer: scene.consumer,
    duplicatesAtMost: 0,
  });
  row.report({
    ...account,
    recoverySeconds: seconds,
    rssPeakBytes: scene.rss.peakBytes,
    notes: [...driver.refusals].map(([why, times]) => `${times} x ${why}`).join(', '),
  });
}

const storeFaults: readonly [name: string, fault: (dataDir: string) => Fault][] = [
  ['every sync fails (EIO)', () => ({ calls: ['fsync', 'fdatasync'], error: 'EIO' })],
  [
    'write to the store fails (ENOSPC)',
    (dataDir) => ({ calls: ['write'], error: 'ENOSPC', files: [storeLog(dataDir)] }),
  ],
  [
    'write to the manifest fails (EIO)',
    (dataDir) => ({
      calls: ['pwrite64', 'fsync'],
      error: 'EIO',
      files: [path.join(dataDir, 'store.manifest')],
    }),
  ],
];

for (const [name, fault] of storeFaults) {
  faultRow(`disk error: ${name}`, async (row) => {
    const scene = await setDiskScene(row);
    await underFault(row, scene, fault, async () => {
      const { value } = await waitForState(scene.exporter, ['red'], 10_000);
      expect(value.reasons.map(({ code }) => code)).toContain('fenced');
      expect(value.reasons.find(({ code }) => code === 'fenced')?.detail).toMatch(
        /EIO|ENOSPC|I\/O|space|error/i,
      );
    });
  });
}

faultRow('disk error: the embedded sink fails (EIO)', async (row) => {
  const scene = await setDiskScene(row);
  const { exporter } = scene;
  const files = [path.join(exporter.dataDir, 'published', 'events', '00000001.ndjson')];
  await underFault(
    row,
    scene,
    () => ({ calls: ['pwrite64', 'fdatasync', 'fsync'], error: 'EIO', files }),
    async () => {
      const { value } = await waitForState(exporter, ['yellow'], 15_000);
      expect(value.reasons.map(({ code }) => code)).not.toContain('fenced');
    },
  );
});

faultRow('disk error: what is not the account fails (EIO)', async (row) => {
  const scene = await setDiskScene(row);
  const { dataDir } = scene.exporter;
  const files = [path.join(dataDir, 'recent-events.json.tmp'), path.join(dataDir, 'recent-events.json')];
  await underFault(
    row,
    scene,
    () => ({ calls: ['openat', 'rename', 'write', 'fsync'], error: 'EIO', files }),
    async () => {
      const { exporter } = scene;
      const before = await exporter.admin('/readyz');
      expect(before.status).toBe(200);
      // A change of the state is an event that is to be kept: here it can't be.
      await waitFor('the complaint', 20_000, () =>
        /recent cheer events could not be kept/.test(exporter.log),
      );
      expect((await exporter.admin('/readyz')).status).toBe(200);
    },
  );
});
