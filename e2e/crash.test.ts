import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { flightRows, rowId } from './helpers/datasets';
import { type CommandResult, ExporterProcess, runCli } from './helpers/exporter-process';
import { type KafkaBroker, startKafka } from './helpers/kafka-broker';
import { LedgerDriver } from './helpers/ledger-driver';
import { type Consumer, identityOf, kafkaConsumer, logConsumer } from './helpers/published';

const partitions = 6;
const driven = 100_000;
const flights = 100_000;
/** It is killed when these shares of the driver's events are acknowledged. */
const kills = [0.15, 0.4, 0.65] as const;
/** A kill may repeat what each lane had in flight: one batch of 500. */
const inFlight = 16 * 500;

let folder: string;
let file: string;
let rows: string[];
let broker: KafkaBroker;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-crash-'));
  file = path.join(folder, 'flights.ndjson');
  rows = flightRows('200k', flights);
  await writeFile(file, `${rows.join('\n')}\n`);
  broker = await startKafka();
  await broker.createTopic('events', partitions);
}, 600_000);

afterAll(async () => {
  await broker?.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['kafka', 'log'] as const)('kill -9 in the middle, sink %s', (sink) => {
  let exporter: ExporterProcess;
  let consumer: Consumer;
  let driver: LedgerDriver;
  let ledger: string;
  let sent: CommandResult;
  /** Messages by what consumers tell duplicates by, and the ids of each key by first appearance. */
  const seen = new Map<string, number>();
  const ids = new Set<string>();
  const byKey = new Map<string, string[]>();

  async function consume(): Promise<void> {
    seen.clear();
    ids.clear();
    byKey.clear();
    for await (const message of consumer.messages()) {
      const identity = identityOf(message);
      const id = message.headers['ce_id'] ?? '';
      const times = seen.get(identity) ?? 0;
      seen.set(identity, times + 1);
      ids.add(id);
      if (times > 0) continue;
      const list = byKey.get(message.key);
      if (list) list.push(id);
      else byKey.set(message.key, [id]);
    }
  }

  async function killMany(running: Promise<unknown>): Promise<void> {
    let over = false;
    running.then(
      () => (over = true),
      () => (over = true),
    );
    for (const share of kills) {
      while (driver.acknowledged < share * driven && !over) await sleep(5);
      // Nothing would be in flight, and the test would show nothing.
      if (over) throw new Error('the driver ended before the kill');
      await exporter.kill9();
      await exporter.restart();
    }
  }

  beforeAll(async () => {
    exporter = await ExporterProcess.start(sink === 'kafka' ? { KAFKA_BROKERS: broker.brokers[0] } : {});
    consumer =
      sink === 'kafka'
        ? kafkaConsumer(broker.brokers[0], 'events', partitions)
        : logConsumer(exporter.dataDir, 'events');
    ledger = path.join(folder, `ledger-${sink}.txt`);
    driver = new LedgerDriver({
      url: exporter.url,
      ledger,
      count: driven,
      keys: 64,
      connections: 4,
      batch: 100,
      timeoutMs: 150_000,
    });
    const sending = runCli(['send', file, '--url', exporter.url, '--json', '-q', '--batch', '200']);
    const driving = driver.run();
    await Promise.all([killMany(driving), driving]);
    sent = await sending;
    await exporter.settled();
    await consume();
  }, 300_000);

  afterAll(() => exporter?.dispose());

  test('it was in the middle of things each time', () => {
    expect(driver.resent).toBeGreaterThanOrEqual(kills.length);
  });

  test('what was acknowledged is there', () => {
    const promised = LedgerDriver.read(ledger);
    expect(promised).toHaveLength(driven);
    expect(promised.filter((id) => !ids.has(id)).slice(0, 10)).toEqual([]);
  });

  test('selfcheer send comes through by itself, and all it sent is there', () => {
    expect(sent).toMatchObject({ code: 0 });
    const summary = JSON.parse(sent.stdout) as { accepted: number; duplicates: number; rejected: number };
    expect(summary.accepted + summary.duplicates).toBe(flights);
    const missing = rows.filter((row, index) => !ids.has(rowId('flights.ndjson', index + 1, row)));
    expect(missing.slice(0, 10)).toEqual([]);
  });

  test('nothing is there that was not sent, and hardly anything twice', () => {
    expect(ids.size).toBe(driven + flights);
    // No event became a second revision of itself.
    expect(seen.size).toBe(ids.size);
    const repeated = [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
    if (sink === 'log') expect(repeated).toBe(0);
    else expect(repeated).toBeLessThanOrEqual(kills.length * inFlight);
  });

  test('each key has its events in the order in which they were sent', () => {
    const wanted = new Map<string, string[]>();
    for (const { id, key } of driver.events()) {
      const list = wanted.get(key);
      if (list) list.push(id);
      else wanted.set(key, [id]);
    }
    for (const [key, list] of wanted) expect(byKey.get(key)).toEqual(list);
  });

  test('sending all of it again publishes nothing, and a fresh event goes through', async () => {
    const before = await consumer.ends();
    const again = await runCli(['send', file, '--url', exporter.url, '--json', '-q']);
    expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0, duplicates: flights, rejected: 0 });
    await exporter.settled();
    expect(await consumer.ends()).toEqual(before);

    const fresh = await exporter.post('{"event_id":"fresh","payload":1}', {
      'content-type': 'application/json',
    });
    expect(fresh.status).toBe(202);
    await exporter.settled();
    await consume();
    expect(byKey.get('fresh')).toEqual(['fresh']);
  }, 120_000);

  test('the store adds up afterwards', async () => {
    expect(await exporter.stop()).toBe(0);
    const { code, stdout } = await runCli(['store', 'check', '--data-dir', exporter.dataDir, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, clean: true, problems: [], records: 0 });
    expect(code).toBe(0);
  });
});
