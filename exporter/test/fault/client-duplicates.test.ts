import { settle } from './support/account';
import { flood } from './support/client-flood';
import { setDiskScene, type DiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { waitFor, waitForState } from './support/wait-for';

const mebibyte = 2 ** 20;
const connections = 64;
const batch = 50;
/** Of floods whose events are one and the same. */
const mostGrowth = 192 * mebibyte;

/** Revisions of an id in the sink, in its order. */
async function revisionsOf({ consumer }: DiskScene, id: string): Promise<number[]> {
  const revisions: number[] = [];
  for await (const { headers } of consumer.messages())
    if (headers['ce_id'] === id) revisions.push(Number(headers['ce_revision']));
  return revisions;
}

faultRow('duplicate flood', { timeoutMs: 90_000 }, async (row) => {
  const scene = await setDiskScene(row);
  const { exporter, consumer, rss } = scene;
  const driver = scene.driver({ rate: 500, batch: 10 });
  const driving = driver.run();
  await waitFor('acknowledgements', 20_000, () => driver.acknowledged > 500);
  const before = rss.peakBytes;
  const count = row.pick(50_000, 5_000_000);
  const { answers, results } = await flood({
    address: exporter.addresses.http,
    connections,
    count,
    batch,
    event: () => '{"event_id":"again","key":"k","payload":{"same":true}}',
  });
  driver.stop();
  await driving;
  const { seconds: recoverySeconds } = await waitForState(exporter, ['green'], 40_000);
  expect(Object.fromEntries(results)).toEqual({ accepted: 1, duplicate: count - 1 });
  expect([...answers.keys()].filter((why) => why !== '202' && why !== '503 overloaded')).toEqual([]);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: 0,
    alsoSent: ['again'],
  });
  expect(await revisionsOf(scene, 'again')).toEqual([1]);
  const grown = rss.peakBytes - before;
  row.report({
    ...figures,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes: `${count} times over ${connections} connections: published once; ${Math.round(grown / mebibyte)} MiB more memory`,
  });
  expect(grown).toBeLessThan(mostGrowth);
});

faultRow('upsert flood', { timeoutMs: 90_000 }, async (row) => {
  const scene = await setDiskScene(row);
  const { exporter, consumer, rss } = scene;
  const driver = scene.driver({ rate: 500, batch: 10 });
  const driving = driver.run();
  await waitFor('acknowledgements', 20_000, () => driver.acknowledged > 500);
  const before = rss.peakBytes;
  const count = row.pick(10_000, 2_000_000);
  // Two bodies by turns: each is another than the one before, unless connections overtake each other.
  const { results } = await flood({
    address: exporter.addresses.http,
    connections,
    count,
    batch,
    event: (n) => `{"event_id":"changed","key":"k","payload":${n % 2}}`,
  });
  driver.stop();
  await driving;
  const { seconds: recoverySeconds } = await waitForState(exporter, ['green'], 40_000);
  const { accepted = 0, updated = 0, duplicate = 0, ...others } = Object.fromEntries(results);
  expect({ accepted, others }).toEqual({ accepted: 1, others: {} });
  expect(accepted + updated + duplicate).toBe(count);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: 0,
    alsoSent: ['changed'],
  });
  // One revision for each that was taken as new, each once and in order: nothing is lost, and nothing made up.
  const revisions = await revisionsOf(scene, 'changed');
  expect(revisions.length).toBe(accepted + updated);
  expect(revisions.every((revision, i) => revision === i + 1)).toBe(true);
  const grown = rss.peakBytes - before;
  row.report({
    ...figures,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes: `${count} events of one id: ${revisions.length} revisions in order; ${Math.round(grown / mebibyte)} MiB more memory`,
  });
  expect(grown).toBeLessThan(mostGrowth);
});
