import { Kafka, logLevel } from 'kafkajs';
import { createKafkaPublisher } from '../exporter/src/publish/kafka-publisher';
import type { OutgoingMessage, Publisher } from '../exporter/src/publish/publisher';
import { type KafkaBroker, startKafka } from './helpers/kafka-broker';
import { readTopic } from './helpers/kcat';
import { startTcpProxy, type TcpProxy } from './helpers/tcp-proxy';

/**
 * Why the publisher is never idempotent, shown with a broker and a consumer that are not kafkajs.
 *
 * Kafka's idempotent protocol numbers the records of each partition; the broker drops a batch whose numbers it has seen
 * and answers that all is well. When an answer is lost, kafkajs takes its count back although the broker has appended,
 * and gives the same numbers to the next, different events.
 */
let proxy: TcpProxy;
let broker: KafkaBroker;

beforeAll(async () => {
  proxy = await startTcpProxy();
  broker = await startKafka({ proxyPort: proxy.port });
  proxy.target(broker.proxiedPort);
}, 600_000);

afterAll(async () => {
  await broker.dispose();
  await proxy.close();
});

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
const address = () => `127.0.0.1:${proxy.port}`;

async function valuesIn(topic: string): Promise<string[]> {
  return (await readTopic(broker.brokers[0], topic)).map(({ value }) => String(value));
}

/** Lets the broker take what `work` sends, but not its answers, until `work` has given up; then all is well again. */
async function losingAnswers<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = proxy.swallowed;
  proxy.responses('swallow');
  try {
    return await work();
  } finally {
    proxy.responses('pass');
    proxy.cut();
    expect(proxy.swallowed).toBeGreaterThan(before);
  }
}

test('kafkajs in idempotent mode reports success for events that are not there', async () => {
  await broker.createTopic('idempotent', 1);
  const kafka = new Kafka({ brokers: [address()], logLevel: logLevel.NOTHING, requestTimeout: 1_000 });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    // The least it accepts. With more, the outage only has to last longer.
    retry: { retries: 1, initialRetryTime: 10 },
  });
  await producer.connect();
  const send = (values: string[]) =>
    producer.send({ topic: 'idempotent', acks: -1, messages: values.map((value) => ({ key: 'k', value })) });

  await send(names('before', 3));
  await expect(losingAnswers(() => send(names('unanswered', 5)))).rejects.toThrow('timed out');
  const [answer] = await send(names('lost', 5));
  expect(answer?.errorCode).toBe(0);
  await producer.disconnect();

  expect(await valuesIn('idempotent')).toEqual([...names('before', 3), ...names('unanswered', 5)]);
});

test('the publisher under the same fault loses nothing', async () => {
  await broker.createTopic('at-least-once', 1);
  const publisher: Publisher = createKafkaPublisher({
    brokers: [address()],
    clientId: 'e2e',
    ssl: false,
    timeoutMs: 1_000,
    logger: { debug: () => undefined },
  });
  const batchOf = (values: string[]): OutgoingMessage[] =>
    values.map((value, seq) => ({
      lane: 0,
      seq,
      key: 'k',
      value: Buffer.from(value),
      headers: { ce_id: value },
    }));
  const unanswered = batchOf(names('unanswered', 5));

  await expect(publisher.publish('at-least-once', batchOf(names('before', 3)))).resolves.toEqual({
    kind: 'published',
  });
  const outcome = await losingAnswers(() => publisher.publish('at-least-once', unanswered));
  expect(outcome.kind).toBe('ambiguous');
  await expect(publisher.publish('at-least-once', unanswered)).resolves.toEqual({ kind: 'published' });
  await expect(publisher.publish('at-least-once', batchOf(names('next', 5)))).resolves.toEqual({
    kind: 'published',
  });
  await publisher.close();

  const found = await valuesIn('at-least-once');
  expect([...new Set(found)]).toEqual([
    ...names('before', 3),
    ...names('unanswered', 5),
    ...names('next', 5),
  ]);
  expect(found).toHaveLength(3 + 5 + 5 + 5);
});
