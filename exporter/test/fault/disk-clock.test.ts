import type { ExporterProcess } from '../../../e2e/helpers/exporter-process';
import { settle } from './support/account';
import { MovableClock } from './support/disk-clock';
import { setDiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { readCheer, readJson, waitFor, waitForState } from './support/wait-for';

const day = 86_400;
const early = '{"event_id":"early","payload":1}';

async function postEarly(exporter: ExporterProcess): Promise<unknown> {
  return (await exporter.post(early, { 'content-type': 'application/json' })).json();
}

faultRow('clock moved by a day, forwards and backwards', { timeoutMs: 90_000 }, async (row) => {
  const clock = new MovableClock();
  row.onEnd(() => clock.dispose());
  const scene = await setDiskScene(row, { env: clock.env });
  const { exporter } = scene;
  const offset = async (): Promise<number> => {
    const { timestamp } = await readJson<{ timestamp: string | number }>(exporter, '/health');
    return (new Date(timestamp).getTime() - Date.now()) / 1000;
  };
  const driver = scene.driver({ rate: 1_000 });
  const running = driver.run();
  running.catch(() => undefined);
  expect(await postEarly(exporter)).toMatchObject({ accepted: 1, duplicates: 0 });
  await waitForState(exporter, ['green'], 20_000);

  /** The id is still known, acknowledgements and deliveries go on, and the verdict is what it was. */
  const goesOn = async (seconds: number): Promise<void> => {
    await waitFor(`the clock at ${seconds}`, 10_000, async () => Math.abs((await offset()) - seconds) < 60);
    expect(await postEarly(exporter)).toMatchObject({ accepted: 0, duplicates: 1 });
    const acknowledged = driver.acknowledged;
    await waitFor('acknowledgements', 10_000, () => driver.acknowledged > acknowledged + 500);
    await waitForState(exporter, ['green'], 15_000);
    expect((await readCheer(exporter)).reasons).toEqual([]);
    const { lanes } = await readJson<{ lanes: { pending: number }[] }>(exporter, '/api/v1/pipeline');
    expect(lanes.reduce((sum, { pending }) => sum + pending, 0)).toBeLessThan(5_000);
  };
  const jumps = [day, -day, 0, 1.5 * day, 0];
  for (const seconds of row.pick(jumps.slice(0, 2), [...jumps, ...jumps])) {
    clock.move(seconds);
    await goesOn(seconds);
  }
  // A start under a clock that is a day behind what the process before has written down, and one a day ahead.
  for (const seconds of row.pick([-2 * day], [-2 * day, day])) {
    clock.move(seconds);
    await exporter.kill9();
    await exporter.restart();
    await goesOn(seconds);
  }
  driver.stop();
  await running;
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer: scene.consumer,
    duplicatesAtMost: 0,
    alsoSent: ['early'],
  });
  row.report({ ...figures, rssPeakBytes: scene.rss.peakBytes });
});
