import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCli } from '../../../e2e/helpers/exporter-process';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import type { LedgerDriver } from '../../../e2e/helpers/ledger-driver';
import { identityOf } from '../../../e2e/helpers/published';
import { readQuarantine, settle } from './support/account';
import { refusedFor } from './support/acknowledged';
import { faultRow, type Row } from './support/row';
import { type Scene, setScene } from './support/scene';
import { readJson, waitFor, waitForState } from './support/wait-for';

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await startKafka({
    settings: {
      'auto.create.topics.enable': 'false',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  });
}, 600_000);

afterAll(() => broker?.dispose());

/** A lane asks again after 30 s at the most; a row has less time. */
const soonAgain = { SELFCHEER_PUBLISH_BACKOFF_MAX_MS: '1000' };

/** Waits until lanes wait and the log says why. */
async function untilItSays({ exporter }: Scene, why: RegExp): Promise<void> {
  await waitFor(`the log says ${String(why)}`, 10_000, () => why.test(exporter.log));
  await waitFor('lanes wait', 10_000, async () => {
    const { lanes } = await readJson<{ lanes: { state: string }[] }>(exporter, '/api/v1/pipeline');
    return lanes.some(({ state }) => state === 'waiting');
  });
}

/** Drives while the topic can't be had, heals it, and waits until all is there by itself. */
async function waitsAndHeals(row: Row, scene: Scene, why: RegExp, heal: () => Promise<void>): Promise<void> {
  const { exporter, consumer, driver: drive, rss } = scene;
  const driver: LedgerDriver = drive({
    ...{ count: row.pick(10_000, 1_000_000), rate: row.pick(3_000, 10_000) },
    // Of lanes that wait, one a second may try again, so with all of them the short form would be a long one.
    keys: row.pick(8, 64),
  });
  const driving = driver.run();
  const { seconds: toYellow } = await waitForState(exporter, ['yellow'], 5_000);
  await untilItSays(scene, why);
  await driving;
  expect(refusedFor(driver)).toEqual([]);
  expect(await readQuarantine(exporter)).toEqual([]);
  await heal();
  const began = performance.now();
  await exporter.settled(row.pick(40_000, 600_000));
  const publishedSeconds = (performance.now() - began) / 1000;
  await waitForState(exporter, ['green'], 30_000);
  const recoverySeconds = (performance.now() - began) / 1000;
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: 0 });
  row.report({
    ...figures,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes: `yellow after ${toYellow.toFixed(1)} s; all published ${publishedSeconds.toFixed(1)} s after the heal, then green`,
  });
}

faultRow('topic missing', { timeoutMs: 90_000 }, async (row) => {
  const topic = `missing-${process.pid}`;
  const scene = await setScene(row, broker, { topic, env: soonAgain });
  await waitsAndHeals(row, scene, /does not host this topic/, () => broker.createTopic(topic));
});

faultRow('ACL denied', { timeoutMs: 90_000 }, async (row) => {
  const topic = `denied-${process.pid}`;
  await broker.createTopic(topic);
  await broker.createRules([
    { topic, operation: 'all', permission: 'allow' },
    { topic, operation: 'write', permission: 'deny' },
  ]);
  const scene = await setScene(row, broker, { topic, env: soonAgain });
  await waitsAndHeals(row, scene, /[Nn]ot authori[sz]ed/, () => broker.deleteRules(topic));
});

faultRow('message.max.bytes exceeded', async (row) => {
  const topic = `small-${process.pid}`;
  await broker.createTopic(topic, 6, { 'max.message.bytes': '100000' });
  const { exporter, consumer, driver: drive, rss } = await setScene(row, broker, { topic });
  // Of every ten thousand events one that is too large by itself.
  const isTooLarge = (n: number) => n % 10_000 === 5_000;
  const count = row.pick(20_000, 1_000_000);
  const driver = drive({
    count,
    payload: (n) =>
      isTooLarge(n) ? `"${'x'.repeat(120_000)}"` : `{"n":${n},"fill":"${'y'.repeat(n % 500)}"}`,
  });
  await driver.run();
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: 0 });
  const wanted = Array.from({ length: count / 10_000 }, (_, i) => `driven-${i * 10_000 + 5_000}`);
  expect([...figures.quarantined].sort()).toEqual(wanted.sort());
  expect(figures.found).toBe(count - wanted.length);
  row.report({ ...figures, rssPeakBytes: rss.peakBytes, notes: `${wanted.length} quarantined` });
});

faultRow('1 % poison events', { timeoutMs: 90_000 }, async (row) => {
  const isPoison = (n: number) => n % 100 === 37;
  const topic = `poison-${process.pid}`;
  await broker.createTopic(topic);
  const steps = (schema: string) => JSON.stringify([{ step: 'normalize' }, { step: 'schema', file: schema }]);
  const {
    exporter,
    consumer,
    driver: drive,
    rss,
    folder,
  } = await setScene(row, broker, {
    topic,
    env: async (place) => {
      await writeFile(path.join(place, 'numbers.json'), '{"properties":{"n":{"type":"number"}}}');
      await writeFile(path.join(place, 'any.json'), '{}');
      return { SELFCHEER_ENRICH: steps(path.join(place, 'numbers.json')) };
    },
  });
  const count = row.pick(20_000, 200_000);
  const driver = drive({ count, payload: (n) => (isPoison(n) ? `{"n":"${n}"}` : `{"n":${n}}`) });
  await driver.run();
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: 0,
  });
  const poison = Array.from({ length: count / 100 }, (_, i) => `driven-${i * 100 + 37}`);
  expect([...figures.quarantined].sort()).toEqual([...poison].sort());
  expect(figures.found).toBe(count - poison.length);

  // The schema is mended and they are sent on: under their own ids, each once.
  await exporter.restart({ SELFCHEER_ENRICH: steps(path.join(folder, 'any.json')) });
  const { code, stdout } = await runCli([
    ...['quarantine', 'replay', '--all', '--json', '--admin', exporter.addresses.admin],
  ]);
  expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: 0, replayed: poison.length });
  await exporter.settled();
  const times = new Map<string, number>();
  for await (const message of consumer.messages()) {
    const identity = identityOf(message);
    times.set(identity, (times.get(identity) ?? 0) + 1);
  }
  expect([...times.values()].filter((each) => each !== 1)).toEqual([]);
  // All of the driver's, and the one of the account.
  expect(times.size).toBe(count + 1);
  expect(await readQuarantine(exporter)).toEqual([]);
  row.report({ ...figures, rssPeakBytes: rss.peakBytes, notes: `${poison.length} quarantined and replayed` });
});
