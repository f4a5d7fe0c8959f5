import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { type KafkaBroker, startKafka } from './helpers/kafka-broker';

const example = path.join(__dirname, '../cheer-kit/examples/kafka-consumer/consumer.mjs');
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

interface Line {
  readonly msg: string;
  readonly [member: string]: unknown;
}

let broker: KafkaBroker;
const children: ChildProcess[] = [];

beforeAll(async () => {
  broker = await startKafka({ settings: { 'auto.create.topics.enable': 'false' } });
}, 600_000);

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(() => broker.dispose());

async function send(topic: string, messages: readonly Message[]): Promise<void> {
  const producer = new Kafka({ brokers: [...broker.brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, messages: [...messages] });
  await producer.disconnect();
}

/** As the exporter publishes it. */
function event(id: string, revision = 1): Message {
  return {
    key: id,
    value: JSON.stringify({ event_id: id, payload: { total: 1 } }),
    headers: {
      ...{ ce_id: id, ce_source: '/shop', ce_revision: String(revision) },
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    },
  };
}

/** The example as a process of its own. */
async function startConsumer(topic: string) {
  const child = spawn(process.execPath, [example], {
    env: {
      PATH: process.env['PATH'],
      SELFCHEER_ADMIN: '127.0.0.1:0',
      KAFKA_BROKERS: broker.brokers[0],
      ...{ KAFKA_TOPIC: topic, KAFKA_GROUP: `group-of-${topic}` },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: Line[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    for (const look of watchers) look();
  });
  const exited = once(child, 'close') as Promise<[number | null, string | null]>;
  const told = (count: number, msg: string): Promise<Line[]> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.filter((line) => line.msg === msg);
        if (found.length < count) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
      exited.then(() => reject(new Error(`it ended: ${JSON.stringify(lines.at(-1))}`)), reject);
    });
  const [ready] = await told(1, 'ready');
  const admin = `http://${String(ready?.['admin'])}`;
  const counted = async (result: string): Promise<number> => {
    const scrape = await (await fetch(`${admin}/metrics`)).text();
    const line = new RegExp(`^messages_consumed_total\\{topic="${topic}",result="${result}"\\} (\\d+)$`, 'm');
    return Number(line.exec(scrape)?.[1] ?? 0);
  };
  return { child, lines, exited, told, counted, admin };
}

test('a consumer of the kit takes each event once, in the producer’s trace, over a restart too', async () => {
  await broker.createTopic('orders', 1);
  await send('orders', [event('a'), event('b'), event('a'), event('a', 2), event('last')]);
  const first = await startConsumer('orders');
  const billed = await first.told(4, 'billed');
  expect(billed.map((line) => line['id'])).toEqual(['a', 'b', 'a', 'last']);
  expect(billed.map((line) => line['correlation_id'])).toEqual(Array(4).fill(traceId));
  expect([await first.counted('processed'), await first.counted('duplicate')]).toEqual([4, 1]);
  expect((await fetch(`${first.admin}/readyz`)).status).toBe(200);
  first.child.kill('SIGTERM');
  expect(await first.exited).toEqual([0, null]);

  // What was processed was committed: the next one goes on behind it.
  await send('orders', [event('c')]);
  const second = await startConsumer('orders');
  const [next] = await second.told(1, 'billed');
  expect(next).toMatchObject({ id: 'c' });
  second.child.kill('SIGTERM');
  expect(await second.exited).toEqual([0, null]);
});

test('what a handler throws is counted and the message comes again', async () => {
  await broker.createTopic('poison', 1);
  await send('poison', [
    event('good'),
    {
      key: 'x',
      value: JSON.stringify({ event_id: 'x', payload: 'poison' }),
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    },
  ]);
  const { told, counted } = await startConsumer('poison');
  const failed = await told(2, 'message failed');
  expect(failed[1]).toMatchObject({ level: 'warn', offset: '1', correlation_id: traceId, topic: 'poison' });
  expect(await counted('failed')).toBeGreaterThanOrEqual(2);
  expect(await counted('processed')).toBe(1);
});
