import { createKafkaPublisher } from '../exporter/src/publish/kafka-publisher';
import type { OutgoingMessage, Publisher, PublishOutcome } from '../exporter/src/publish/publisher';
import { type KafkaBroker, startKafka } from './helpers/kafka-broker';
import { consumeTopic, readTopic } from './helpers/kcat';
import { startTcpProxy, type TcpProxy } from './helpers/tcp-proxy';

let proxy: TcpProxy;
let broker: KafkaBroker;
let publisher: Publisher;
/** Ids that the publisher acknowledged, by topic: whatever else happens in a test, each of them must be there. */
const acknowledged = new Map<string, Set<string>>();

beforeAll(async () => {
  proxy = await startTcpProxy();
  broker = await startKafka({ proxyPort: proxy.port, settings: { 'auto.create.topics.enable': 'false' } });
  proxy.target(broker.proxiedPort);
}, 600_000);

beforeEach(() => {
  publisher = createKafkaPublisher({
    brokers: [`127.0.0.1:${proxy.port}`],
    clientId: 'e2e',
    ssl: false,
    timeoutMs: 2_000,
    logger: { debug: () => undefined },
  });
});

afterEach(async () => {
  await publisher.close();
  for (const [topic, ids] of acknowledged) {
    const found = new Set(
      (await readTopic(broker.brokers[0], topic)).map(({ headers }) => headers['ce_id'] ?? ''),
    );
    expect({ topic, missing: [...ids].filter((id) => !found.has(id)) }).toEqual({ topic, missing: [] });
  }
  acknowledged.clear();
});

afterAll(async () => {
  await broker.dispose();
  await proxy.close();
});

function message(lane: number, seq: number, key: string, value = `${lane}:${seq}`): OutgoingMessage {
  const id = `event-${lane}-${seq}`;
  return {
    lane,
    seq,
    key,
    value: Buffer.from(value),
    headers: { ce_id: id, origin: `store:${lane}:${seq}` },
  };
}

function batchOf(count: number, from = 0, lane = 0): OutgoingMessage[] {
  return Array.from({ length: count }, (_, index) => message(lane, from + index, `key-${lane}-${index % 7}`));
}

/** Publishes once and keeps account of what was acknowledged. */
async function publish(topic: string, batch: readonly OutgoingMessage[]): Promise<PublishOutcome> {
  const outcome = await publisher.publish(topic, batch);
  const ids = acknowledged.get(topic) ?? new Set();
  acknowledged.set(topic, ids);
  const indexes = outcome.kind === 'published' ? batch.keys() : (outcome.publishedIndexes ?? []);
  for (const index of indexes) ids.add(batch[index]?.headers['ce_id'] ?? '');
  return outcome;
}

/** Publishes a batch until all of it is there, as the relay does: what is known to be there is not sent again. */
async function untilPublished(topic: string, batch: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
  const failures: PublishOutcome[] = [];
  let rest = batch;
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const outcome = await publish(topic, rest);
    if (outcome.kind === 'published') return failures;
    const { publishedIndexes = [] } = outcome;
    rest = rest.filter((_, index) => !publishedIndexes.includes(index));
    failures.push(outcome);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`still not published: ${JSON.stringify(failures.at(-1))}`);
}

/** First-seen order of each key, to compare with what was sent: a message sent twice may be there twice. */
async function idsByKey(topic: string): Promise<Map<string, string[]>> {
  const byKey = new Map<string, Set<string>>();
  for await (const { key, headers } of consumeTopic(broker.brokers[0], topic)) {
    const ids = byKey.get(String(key)) ?? new Set();
    byKey.set(String(key), ids.add(headers['ce_id'] ?? ''));
  }
  return new Map([...byKey].map(([key, ids]) => [key, [...ids]]));
}

function sentByKey(messages: readonly OutgoingMessage[]): Map<string, string[]> {
  const byKey = new Map<string, string[]>();
  for (const { key, headers } of messages) {
    byKey.set(key, [...(byKey.get(key) ?? []), headers['ce_id'] ?? '']);
  }
  return byKey;
}

test('16 lanes at once: everything is there once, byte for byte, in order for each key', async () => {
  await broker.createTopic('order');
  const lanes = Array.from({ length: 16 }, (_, lane) => batchOf(4 * 500, 0, lane));
  await Promise.all(
    lanes.map(async (lane) => {
      for (let at = 0; at < lane.length; at += 500) {
        expect(await publish('order', lane.slice(at, at + 500))).toEqual({ kind: 'published' });
      }
    }),
  );
  const sent = new Map(lanes.flat().map((one) => [one.headers['ce_id'], one]));
  let count = 0;
  for await (const { key, value, headers } of consumeTopic(broker.brokers[0], 'order')) {
    count += 1;
    const {
      key: sentKey,
      value: sentValue,
      headers: sentHeaders,
    } = sent.get(headers['ce_id']) as OutgoingMessage;
    if (String(key) !== sentKey || !value?.equals(sentValue))
      throw new Error(`${headers['ce_id']} is not as sent`);
    if (headers['origin'] !== sentHeaders['origin']) throw new Error(`${headers['ce_id']} has other headers`);
  }
  expect(count).toBe(16 * 4 * 500);
  expect(await idsByKey('order')).toEqual(sentByKey(lanes.flat()));
});

test('bytes that need care arrive as they were sent', async () => {
  await broker.createTopic('bytes');
  const value = Buffer.from('{"payload":"\\u0000 ä 𝄞 \u2028\r\n \x7f"}');
  const headers = { ce_id: 'ü,"=\n', tracestate: 'a=1,b=2', empty: '' };
  await untilPublished('bytes', [{ lane: 0, seq: 0, key: 'ключ "\t', value, headers }]);
  const [record] = await readTopic(broker.brokers[0], 'bytes');
  expect(record).toMatchObject({ key: Buffer.from('ключ "\t'), value, headers });
});

test('a record that is too large is refused, and what other partitions took is known', async () => {
  await broker.createTopic('small', 6, { 'max.message.bytes': '10000' });
  const batch = batchOf(20);
  batch[7] = message(0, 7, 'key-0-0', 'x'.repeat(20_000));
  const outcome = await publish('small', batch);
  expect(outcome).toMatchObject({
    kind: 'refused',
    reason: 'too_large',
    error: { type: 'MESSAGE_TOO_LARGE' },
  });
  const published = 'publishedIndexes' in outcome ? outcome.publishedIndexes : undefined;
  const found = (await readTopic(broker.brokers[0], 'small')).map(({ headers }) => headers['ce_id']);
  expect(found.length).toBeGreaterThan(0);
  expect(published?.map((index) => batch[index]?.headers['ce_id']).sort()).toEqual(found.sort());

  const rest = batch.filter((_, index) => index !== 7 && !published?.includes(index));
  expect(await publish('small', rest)).toEqual({ kind: 'published' });
  expect(await readTopic(broker.brokers[0], 'small')).toHaveLength(19);
});

test('while leaders are being elected, exactly what is acknowledged is there', async () => {
  const batch = Array.from({ length: 500 }, (_, seq) => message(0, seq, `key-${seq}`));
  let partial: readonly number[] | undefined;
  // With 60 new partitions a broker nearly always takes a part of some send before it leads all of them.
  for (let round = 0; round < 10 && !partial; round++) {
    const topic = `electing-${round}`;
    const creating = broker.createTopic(topic, 60);
    let outcome = await publish(topic, batch);
    while (outcome.kind !== 'published' && !outcome.publishedIndexes) outcome = await publish(topic, batch);
    await creating;
    if (outcome.kind === 'published') continue;
    partial = outcome.publishedIndexes;
    const found = (await readTopic(broker.brokers[0], topic)).map(({ headers }) => headers['ce_id']);
    expect(found.sort()).toEqual(partial?.map((index) => batch[index]?.headers['ce_id']).sort());
  }
  expect(partial?.length).toBeGreaterThan(0);
});

test('a missing topic lets the lane wait until it is created; other topics go on', async () => {
  await broker.createTopic('present');
  expect(await publish('absent', batchOf(3))).toMatchObject({
    kind: 'waiting',
    reason: 'topic_missing',
  });
  expect(await publish('present', batchOf(3))).toEqual({ kind: 'published' });
  await broker.createTopic('absent');
  await untilPublished('absent', batchOf(3));
  expect(await readTopic(broker.brokers[0], 'absent')).toHaveLength(3);

  await broker.deleteTopic('absent');
  acknowledged.delete('absent');
  const failures: PublishOutcome[] = [];
  for (let attempt = 0; attempt < 3; attempt++) failures.push(await publish('absent', batchOf(3, 3)));
  expect(failures.at(-1)).toMatchObject({ kind: 'waiting', reason: 'topic_missing' });
  expect(await publish('present', batchOf(3, 3))).toEqual({ kind: 'published' });
  await broker.createTopic('absent');
  await untilPublished('absent', batchOf(3, 3));
  expect(await readTopic(broker.brokers[0], 'absent')).toHaveLength(3);
});

test.each(['stop', 'kill'] as const)(
  'after a broker that went away (%s) is back, nothing is missing',
  async (how) => {
    const topic = `broker-${how}`;
    await broker.createTopic(topic);
    const lanes = Array.from({ length: 4 }, (_, lane) => batchOf(60, 0, lane));
    expect(await publish(topic, lanes[0]?.slice(0, 20) ?? [])).toEqual({ kind: 'published' });
    await broker[how]();
    try {
      const down = await Promise.all(lanes.map((lane) => publish(topic, lane.slice(20, 40))));
      expect(down.map(({ kind }) => kind)).not.toContain('published');
      // What was written before the end of a connection was noticed stays open: a try or two may say so.
      const outcomes: PublishOutcome[] = [];
      while (outcomes.length < 5 && outcomes.at(-1)?.kind !== 'waiting') {
        outcomes.push(await publish(topic, lanes[0]?.slice(20, 40) ?? []));
      }
      expect(outcomes.at(-1)).toMatchObject({ kind: 'waiting', reason: 'unavailable' });
      expect(outcomes.map(({ kind }) => kind)).not.toContain('published');
    } finally {
      await broker.restart();
    }
    await Promise.all(
      lanes.map(async (lane, index) => {
        if (index > 0) await untilPublished(topic, lane.slice(0, 20));
        await untilPublished(topic, lane.slice(20, 40));
        await untilPublished(topic, lane.slice(40));
      }),
    );
    expect(await idsByKey(topic)).toEqual(sentByKey(lanes.flat()));
  },
);

test('a half-open connection costs one time-out, then a new one is used', async () => {
  await broker.createTopic('half-open');
  const batches = [batchOf(10), batchOf(10, 10), batchOf(10, 20)] as const;
  await untilPublished('half-open', batches[0]);
  const before = proxy.connections;
  proxy.freeze();
  expect((await publish('half-open', batches[1])).kind).toBe('ambiguous');
  expect(await publish('half-open', batches[1])).toEqual({ kind: 'published' });
  expect(await publish('half-open', batches[2])).toEqual({ kind: 'published' });
  expect(proxy.connections).toBe(before + 1);
  expect(await idsByKey('half-open')).toEqual(sentByKey(batches.flat()));
});

test('a broker that hangs is waited for, and its late answers confuse nobody', async () => {
  await broker.createTopic('hang');
  const batches = [batchOf(10), batchOf(7, 10), batchOf(13, 17)] as const;
  await untilPublished('hang', batches[0]);
  broker.pause();
  expect((await publish('hang', batches[1])).kind).toBe('ambiguous');
  expect((await publish('hang', batches[1])).kind).not.toBe('published');
  broker.resume();
  await untilPublished('hang', batches[1]);
  await untilPublished('hang', batches[2]);
  expect(await idsByKey('hang')).toEqual(sentByKey(batches.flat()));
});

test('connections cut under load: ambiguous at worst, and nothing is missing', async () => {
  await broker.createTopic('cut');
  const lanes = Array.from({ length: 8 }, (_, lane) => batchOf(2_000, 0, lane));
  const cutting = setInterval(() => proxy.cut(), 50);
  const failures = await Promise.all(
    lanes.map(async (lane) => {
      const seen: PublishOutcome[] = [];
      for (let at = 0; at < lane.length; at += 100) {
        seen.push(...(await untilPublished('cut', lane.slice(at, at + 100))));
        if (at === 1_000) clearInterval(cutting);
      }
      return seen;
    }),
  );
  clearInterval(cutting);
  expect(failures.flat().filter(({ kind }) => kind === 'refused')).toEqual([]);
  expect(await idsByKey('cut')).toEqual(sentByKey(lanes.flat()));
});
