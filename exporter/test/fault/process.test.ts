import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import { missingFrom, settle } from './support/account';
import { moreAcknowledged, refusedFor } from './support/acknowledged';
import { faultRow, type Row } from './support/row';
import { type ProbeWatch, watchProbe } from './support/probe';
import { inFlight, setScene } from './support/scene';
import { waitFor, waitForReady } from './support/wait-for';

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await startKafka();
}, 600_000);

afterAll(() => broker?.dispose());

/** Kills it again and again, each time when some hundreds of events more are acknowledged, and measures the way back. */
async function killLoop(row: Row, env: Readonly<Record<string, string>>, rate: number): Promise<void> {
  const kills = row.pick(5, 200);
  const { exporter, consumer, driver: drive, rss } = await setScene(row, broker, { env });
  const driver = drive({ count: Infinity, batch: 50, retryMs: 20 });
  const driving = driver.run();
  let slowest = 0;
  for (let kill = 0; kill < kills; kill++) {
    // Not always at the same place: of a batch, of a flush, of the removal of rows.
    await moreAcknowledged(driver, rate * (1 + (kill % 7)));
    await exporter.kill9();
    const began = performance.now();
    await exporter.restart();
    await waitForReady(exporter, 30_000);
    slowest = Math.max(slowest, (performance.now() - began) / 1000);
  }
  if (env['SELFCHEER_ACK'] === 'broker') {
    // Dead, so nothing can come later: whatever was acknowledged has to be there now.
    await exporter.kill9();
    expect(await missingFrom(consumer, driver)).toEqual([]);
    await exporter.restart();
  }
  driver.stop();
  await driving;
  expect(driver.resent).toBeGreaterThanOrEqual(kills);
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: kills * inFlight });
  row.report({
    ...figures,
    recoverySeconds: slowest,
    rssPeakBytes: rss.peakBytes,
    notes: `${kills} kills; recovery is the slowest start`,
  });
  // After the account: a slow machine must not hide what was lost.
  expect(slowest).toBeLessThan(10);
}

faultRow('kill -9 in a loop under load', { timeoutMs: 90_000 }, (row) => killLoop(row, {}, 1_000));

faultRow('kill -9 in a loop, ack: broker', { timeoutMs: 90_000 }, (row) =>
  killLoop(row, { SELFCHEER_ACK: 'broker' }, 300),
);

/** Events that the probes of ingest sent. */
const probes: string[] = [];

/** Asks to be taken in, each time over a new connection. */
function watchIntake(url: string): ProbeWatch {
  return watchProbe(url, () => {
    const id = `probe-${probes.length}`;
    probes.push(id);
    return `{"event_id":"${id}","payload":0}`;
  });
}

const drainSeconds = 8;
const lagSeconds = 1;

faultRow('SIGTERM under load', async (row) => {
  const rounds = row.pick(1, 20);
  const {
    exporter,
    consumer,
    driver: drive,
    rss,
  } = await setScene(row, broker, {
    env: {
      SELFCHEER_DRAIN_SECONDS: String(drainSeconds),
      SELFCHEER_READINESS_LAG_SECONDS: String(lagSeconds),
    },
  });
  const driver = drive({ count: Infinity, batch: 50, retryMs: 20 });
  const driving = driver.run();
  let slowest = 0;
  let deaf = 0;
  for (let round = 0; round < rounds; round++) {
    await moreAcknowledged(driver, 5_000);
    const { admin, http } = exporter.addresses;
    const ready = watchProbe(`http://${admin}/readyz`);
    const live = watchProbe(`http://${admin}/healthz`);
    const intake = watchIntake(`http://${http}/v1/events`);
    await waitFor('all probes answer', 5_000, () =>
      [ready, live, intake].every(({ seen }) => seen.length > 2),
    );
    const asked = performance.now();
    exporter.terminate();
    const code = await exporter.exited((drainSeconds + lagSeconds + 5) * 1000);
    const ended = performance.now();
    await Promise.all([ready, live, intake].map((watch) => watch.stop()));

    expect(code).toBe(0);
    slowest = Math.max(slowest, (ended - asked) / 1000);
    const first = (watch: ProbeWatch, what: (outcome: string) => boolean) =>
      watch.seen.find(({ outcome, at }) => at > asked && what(outcome))?.at ?? Infinity;
    // Not ready is said before anybody is turned away, by refusal or by a broken connection.
    const notReady = first(ready, (outcome) => outcome === '503');
    const turnedAway = first(intake, (outcome) => outcome !== '202');
    expect(notReady).toBeLessThan(turnedAway);
    // And for as long as a balancer may take to notice.
    expect((turnedAway - asked) / 1000).toBeGreaterThan(0.9 * lagSeconds);
    // Alive until it ends: a failed liveness probe would have it killed in the middle.
    expect(live.seen.filter(({ outcome }) => /^\d/.test(outcome) && outcome !== '200')).toEqual([]);
    const lastAlive = live.seen.findLast(({ outcome }) => outcome === '200')?.at ?? 0;
    expect(lastAlive).toBeGreaterThan(turnedAway);
    deaf = Math.max(deaf, (ended - lastAlive) / 1000);
    await exporter.restart();
  }
  driver.stop();
  await driving;
  expect(slowest).toBeLessThan(drainSeconds + lagSeconds);
  // No answer was cut, and whoever was refused was told that it drains.
  expect(refusedFor(driver).filter((why) => !/^(503 draining|ECONNRE(FUSED|SET))$/.test(why))).toEqual([]);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: 0,
    alsoSent: probes,
  });
  row.report({
    ...figures,
    rssPeakBytes: rss.peakBytes,
    notes:
      `ended ${slowest.toFixed(1)} s after SIGTERM, deadline ${drainSeconds + lagSeconds} s; ` +
      `alive to ${deaf.toFixed(2)} s before that`,
  });
});

faultRow('crash during drain', { timeoutMs: 90_000 }, async (row) => {
  const rounds = row.pick(2, 40);
  const {
    exporter,
    consumer,
    driver: drive,
    rss,
  } = await setScene(row, broker, {
    env: { SELFCHEER_DRAIN_SECONDS: '20' },
  });
  const driver = drive({ count: Infinity, batch: 50, retryMs: 20 });
  const driving = driver.run();
  for (let round = 0; round < rounds; round++) {
    // A broker that does not answer keeps it draining.
    broker.pause();
    row.onEnd(() => broker.resume());
    await moreAcknowledged(driver, 3_000);
    exporter.terminate();
    await waitFor('it drains', 5_000, async () => (await exporter.admin('/readyz')).status === 503, 5);
    // At another place of the drain each time.
    await sleep((round * 137) % 1_000);
    expect(exporter.running).toBe(true);
    await exporter.kill9();
    broker.resume();
    await exporter.restart();
  }
  const began = performance.now();
  driver.stop();
  await driving;
  await exporter.settled();
  const recoverySeconds = (performance.now() - began) / 1000;
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: rounds * inFlight,
  });
  row.report({ ...figures, recoverySeconds, rssPeakBytes: rss.peakBytes, notes: `${rounds} crashes` });
});
