import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { earthquakeRows, earthquakesFile, flightRows, rowId } from './helpers/datasets';
import { ExporterProcess, runCli } from './helpers/exporter-process';
import { type KafkaBroker, startKafka } from './helpers/kafka-broker';
import { type Consumer, kafkaConsumer, logConsumer, type Message, payloadOf } from './helpers/published';

const partitions = 6;
const trace = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=value',
};

interface SentEvent {
  readonly payload: string;
  readonly key: string;
}

/** Events that share a type, which tells them apart at the other end. */
interface Dataset {
  readonly type: string;
  readonly source: string;
  /** Arguments of `selfcheer send`. */
  readonly args: readonly string[];
  /** By id, in the order of the file. */
  readonly events: ReadonlyMap<string, SentEvent>;
}

let folder: string;
let broker: KafkaBroker;
const datasets: Dataset[] = [];

async function ndjson(
  name: string,
  rows: readonly string[],
  type: string,
  source: string,
  keyField?: string,
): Promise<Dataset> {
  const file = path.join(folder, name);
  await writeFile(file, `${rows.join('\n')}\n`);
  const events = rows.map((payload, index): [string, SentEvent] => {
    const id = rowId(name, index + 1, payload);
    const key = keyField === undefined ? id : (JSON.parse(payload) as Record<string, string>)[keyField];
    return [id, { payload, key: key ?? id }];
  });
  const keyed = keyField === undefined ? [] : ['--key-field', keyField];
  const args = ['send', file, '--type', type, '--source', source, ...keyed];
  return { type, source, args, events: new Map(events) };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-deliver-'));
  broker = await startKafka();
  const quakes = earthquakeRows().map((payload): [string, SentEvent] => {
    const { id } = JSON.parse(payload) as { id: string };
    return [id, { payload, key: id }];
  });
  datasets.push(
    {
      type: 'selfcheer.event',
      source: '/selfcheer/exporter',
      args: ['send', earthquakesFile, '--select', 'features', '--id-field', 'id'],
      events: new Map(quakes),
    },
    await ndjson('flights.ndjson', flightRows('200k', 200_000), 'flight', '/bts'),
    await ndjson('keyed.ndjson', flightRows('20k', 20_000), 'keyed', '/bts/airports', 'origin'),
  );
}, 600_000);

afterAll(async () => {
  await broker?.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** Arrival of one data set: payloads by id in order of arrival, and what did not add up. */
class Arrival {
  readonly payloads = new Map<string, string>();
  readonly problems: string[] = [];
  count = 0;

  constructor(readonly dataset: Dataset) {}

  take(message: Message): void {
    const id = message.headers['ce_id'] ?? '';
    this.count += 1;
    if (this.payloads.has(id)) this.#note(`${id} came twice`);
    this.payloads.set(id, payloadOf(message));
    const sent = this.dataset.events.get(id);
    if (!sent) this.#note(`${id} was never sent`);
    else for (const problem of this.#check(message, sent)) this.#note(`${id}: ${problem}`);
  }

  *#check({ key, value, headers }: Message, sent: SentEvent): Generator<string> {
    const { event_id: id, timestamp, source, type, ...rest } = JSON.parse(value) as Record<string, unknown>;
    const expected: Record<string, unknown> = {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: source,
      ce_type: type,
      ce_time: new Date(timestamp as number).toISOString(),
      ce_revision: '1',
      'content-type': 'application/json',
    };
    for (const [name, wanted] of Object.entries(expected)) {
      if (headers[name] !== wanted) yield `${name} is ${headers[name]}, not ${String(wanted)}`;
    }
    const { origin, ...others } = headers;
    if (!/^[\w-]+:\d+:\d+$/.test(origin ?? '')) yield `origin is ${origin}`;
    const more = Object.keys(others).filter((name) => !(name in expected));
    if (more.length > 0) yield `has the headers ${more.join()}, too`;
    if (type !== this.dataset.type || source !== this.dataset.source)
      yield `is ${String(type)} of ${String(source)}`;
    if (key !== sent.key) yield `has the key ${key}, not ${sent.key}`;
    const fingerprint = createHash('sha256').update(sent.payload).digest('hex');
    if ((rest['enriched'] as { fingerprint: string }).fingerprint !== fingerprint)
      yield 'has another fingerprint';
  }

  #note(problem: string): void {
    if (this.problems.length < 10) this.problems.push(problem);
  }
}

/** One hash over all ids and payload bytes, whatever their order. */
function hashOf(payloads: Iterable<[string, string]>): string {
  const hash = createHash('sha256');
  for (const [id, payload] of [...payloads].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${id} ${payload}\n`);
  return hash.digest('hex');
}

function idsByKey(ids: Iterable<string>, { events }: Dataset): Map<string, string[]> {
  const byKey = new Map<string, string[]>();
  for (const id of ids) {
    const key = events.get(id)?.key ?? '';
    const list = byKey.get(key);
    if (list) list.push(id);
    else byKey.set(key, [id]);
  }
  return byKey;
}

describe.each(['kafka', 'log'] as const)('to the sink %s', (sink) => {
  let exporter: ExporterProcess;
  let consumer: Consumer;
  const arrivals = new Map<string, Arrival>();
  const summaries: unknown[] = [];
  const origins = new Set<string>();
  const traced: Message[] = [];
  let strangers = 0;

  async function sendAll(): Promise<unknown[]> {
    const sent: unknown[] = [];
    for (const { args } of datasets) {
      const { code, stdout, stderr } = await runCli([...args, '--url', exporter.url, '--json', '-q']);
      if (code !== 0) throw new Error(`send ended with ${code}: ${stdout}${stderr}`);
      sent.push(JSON.parse(stdout));
    }
    return sent;
  }

  beforeAll(async () => {
    if (sink === 'kafka') await broker.createTopic('events', partitions);
    exporter = await ExporterProcess.start(sink === 'kafka' ? { KAFKA_BROKERS: broker.brokers[0] } : {});
    consumer =
      sink === 'kafka'
        ? kafkaConsumer(broker.brokers[0], 'events', partitions)
        : logConsumer(exporter.dataDir, 'events');
    for (const dataset of datasets) arrivals.set(dataset.type, new Arrival(dataset));
    summaries.push(...(await sendAll()));
    const answer = await exporter.post('{"event_id":"t","payload":1,"type":"traced"}', {
      'content-type': 'application/json',
      ...trace,
    });
    expect(answer.status).toBe(202);
    await exporter.settled();
    for await (const message of consumer.messages()) {
      const type = message.headers['ce_type'] ?? '';
      origins.add(message.headers['origin'] ?? '');
      if (type === 'traced') traced.push(message);
      else if (arrivals.has(type)) arrivals.get(type)?.take(message);
      else strangers += 1;
    }
  }, 300_000);

  afterAll(() => exporter?.dispose());

  test('every event is there once, byte for byte, with its headers', () => {
    for (const [index, { type, events }] of datasets.entries()) {
      const { problems, count, payloads } = arrivals.get(type)!;
      expect(summaries[index]).toMatchObject({
        complete: true,
        sent: events.size,
        accepted: events.size,
        duplicates: 0,
        rejected: 0,
      });
      expect(problems).toEqual([]);
      expect(count).toBe(events.size);
      const sent = [...events].map(([id, { payload }]): [string, string] => [id, payload]);
      expect(hashOf(payloads)).toBe(hashOf(sent));
    }
    expect(strangers).toBe(0);
    const total = datasets.reduce((sum, { events }) => sum + events.size, 0);
    expect(total).toBe(1_707 + 200_000 + 20_000);
  });

  test('its origin names one place in one store, and no two share one', () => {
    const total = datasets.reduce((sum, { events }) => sum + events.size, traced.length);
    expect(origins.size).toBe(total);
    expect(new Set([...origins].map((origin) => origin.split(':')[0])).size).toBe(1);
  });

  test('the events of one key are in the order of the file', () => {
    const { dataset, payloads } = arrivals.get('keyed')!;
    const wanted = idsByKey(dataset.events.keys(), dataset);
    expect(wanted.size).toBeGreaterThan(50);
    expect(idsByKey(payloads.keys(), dataset)).toEqual(wanted);
  });

  test('the trace context goes on', () => {
    expect(traced.map(({ headers }) => headers)).toEqual([expect.objectContaining(trace)]);
  });

  test('sending all of it again is answered as duplicates and publishes nothing', async () => {
    const before = await consumer.ends();
    const again = await sendAll();
    for (const [index, { events }] of datasets.entries()) {
      expect(again[index]).toMatchObject({
        sent: events.size,
        accepted: 0,
        duplicates: events.size,
        rejected: 0,
      });
    }
    await exporter.settled();
    expect(await consumer.ends()).toEqual(before);
  }, 120_000);
});
