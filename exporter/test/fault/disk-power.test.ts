import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import { LedgerDriver } from '../../../e2e/helpers/ledger-driver';
import { type Consumer, kafkaConsumer } from '../../../e2e/helpers/published';
import { settle } from './support/account';
import { soundLines } from './support/disk-consumer';
import { names, tails, type PowerLoss } from './support/disk-loss';
import { PowerRig } from './support/disk-power';
import { randomFrom } from '../helpers/random';
import { faultRow, type Row } from './support/row';
import { waitFor } from './support/wait-for';

/** Large enough that LevelDB changes its log and writes tables between two losses. */
const payload = (n: number): string => `{"n":${n},"text":"${'x'.repeat(200 + ((n * 7_919) % 2_600))}"}`;

/** So many lanes that the manifest takes several sectors. */
const lanes = 96;

let broker: KafkaBroker;
beforeAll(async () => {
  broker = await startKafka();
  await broker.createTopic('power');
  await broker.createTopic('power.synthetic', 1);
}, 600_000);
afterAll(() => broker?.dispose());

faultRow('power loss: unsynced writes dropped', { timeoutMs: 150_000 }, (row) =>
  // The embedded sink's files are on the disk that loses power, too.
  losePowerAgainAndAgain(row, row.pick(6, 60), {}, (rig) => soundLines(rig.dataDir, 'events'), 0),
);

faultRow('power loss, with Kafka', { timeoutMs: 90_000 }, (row) => {
  const losses = row.pick(2, 20);
  const env = { KAFKA_BROKERS: broker.brokers[0], KAFKA_TOPIC: 'power' };
  const consumer = kafkaConsumer(broker.brokers[0], 'power', 6);
  // A settlement that was lost is published once more; so may what was in flight be.
  return losePowerAgainAndAgain(row, losses, env, () => consumer, 2 * losses * lanes * 500);
});

async function losePowerAgainAndAgain(
  row: Row,
  losses: number,
  env: Readonly<Record<string, string>>,
  consumerOf: (rig: PowerRig) => Consumer,
  duplicatesAtMost: number,
): Promise<void> {
  const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
  const random = randomFrom(seed);
  const rig = new PowerRig({ SELFCHEER_OUTBOX_LANES: String(lanes), ...env });
  row.onEnd(() => rig.dispose());
  await rig.start();
  await rig.kill();
  rig.wipe();
  // A first start that is cut off: there is no store yet, or a whole one.
  for (let at = 0; at < row.pick(2, 12); at++) {
    await startAndKill(rig, random);
    rig.lose({ tail: tails[at % tails.length]!, names: names[at % names.length]!, random });
  }
  await rig.restart();
  const driver = new LedgerDriver({
    url: rig.exporter.url,
    ledger: path.join(rig.folder, 'ledger'),
    count: Infinity,
    keys: 200,
    connections: 4,
    batch: 50,
    timeoutMs: row.pick(140_000, 1_700_000),
    retryMs: 20,
    payload,
  });
  row.onEnd(() => driver.abandon());
  const running = driver.run();
  // Told at its end; until then a failure of it must not end the process.
  running.catch(() => undefined);

  let bytes = 0;
  let undone = 0;
  let slowest = 0;
  for (let at = 0; at < losses; at++) {
    const loss: PowerLoss = {
      tail: tails[at % tails.length]!,
      // Each with each of the tails, and with a crash just before and without.
      names: names[(at + Math.floor(at / 3)) % names.length]!,
      random,
    };
    if (at % 3 === 2) {
      // A crash just before: what the killed process had not synced, the next one finds and must not trust.
      await rig.kill();
      await startAndKill(rig, random);
    } else {
      const goal = driver.acknowledged + 200 + random() * row.pick(5_000, 20_000);
      await waitFor('acknowledgements', 30_000, () => driver.acknowledged >= goal);
      await rig.kill();
    }
    const lost = rig.lose(loss);
    bytes += lost.bytes;
    undone += lost.names;
    const began = performance.now();
    try {
      await rig.restart();
    } catch (error) {
      throw new Error(`seed ${seed}, loss ${at} (tail ${loss.tail}, names ${loss.names})`, { cause: error });
    }
    slowest = Math.max(slowest, (performance.now() - began) / 1000);
  }
  driver.stop();
  await running;
  const account = await settle({
    exporter: rig.exporter,
    drivers: [driver],
    consumer: consumerOf(rig),
    duplicatesAtMost,
  });
  // A row in which nothing was lost has shown nothing; in a few losses not both need be on their way just then.
  expect(bytes + undone).toBeGreaterThan(0);
  if (losses >= 20) expect({ bytes: bytes > 0, undone: undone > 0 }).toEqual({ bytes: true, undone: true });
  row.report({
    ...account,
    recoverySeconds: slowest,
    notes: `${losses} losses of ${(bytes / 2 ** 20).toFixed(1)} MiB unsynced, ${undone} names undone; seed ${seed}`,
  });
}

/** A life that is cut off anywhere between its first step and a second under load. */
async function startAndKill(rig: PowerRig, random: () => number): Promise<void> {
  const starting = rig.restart().catch(() => undefined);
  await sleep(200 + random() * 2_000);
  await rig.kill();
  await starting;
}
