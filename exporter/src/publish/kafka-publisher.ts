import type { Message } from 'kafkajs';
import { SelfcheerError, messageOf } from '../errors';
import { KafkaClient, type KafkaOptions } from './kafka-client';
import { combine, rootOf, verdictOf, verdictOfCode, type Verdict } from './kafka-outcome';
import { partitionNote, partitionOf, type PartitionCount } from './kafka-partitioner';
import { partitionResultsOf } from './kafka-repairs';
import type { OutgoingMessage, Publisher, PublishOutcome } from './publisher';

export type { KafkaLogger, KafkaOptions } from './kafka-client';

/** What is learned about one send while kafkajs works on it. */
interface SendNote extends PartitionCount {
  /** The produce request was encoded, so some of it may have reached a broker. */
  encoded: boolean;
}

/**
 * Publishes to Kafka: at least once, acknowledged by all in-sync replicas, in the order of each lane.
 *
 * Each topic has its own connection, because kafkajs asks for the metadata of all its topics at once and one deleted
 * topic would stop the others.
 */
export function createKafkaPublisher(options: KafkaOptions): Publisher {
  const clients = new Map<string, KafkaClient>();
  /** Opened by `connect` before any topic is known; the first topic takes it over. */
  let spare: KafkaClient | undefined;
  let closed = false;

  function clientFor(topic: string): KafkaClient {
    const existing = clients.get(topic);
    if (existing && !existing.closed) return existing;
    const client = spare && !spare.closed ? spare : new KafkaClient(options);
    spare = undefined;
    clients.set(topic, client);
    return client;
  }

  async function connect(): Promise<void> {
    if (closed) throw closedError();
    if ([...clients.values()].some((client) => !client.closed)) return;
    if (!spare || spare.closed) spare = new KafkaClient(options);
    const client = spare;
    try {
      await withDeadline(client, options.timeoutMs * 2, () => client.connect());
    } catch (error) {
      throw new SelfcheerError(
        'kafka_unavailable',
        `Kafka at ${options.brokers.join(', ')} can't be reached (${messageOf(rootOf(error))}). ` +
          'Check kafka.brokers, kafka.ssl and kafka.sasl; it is tried again.',
        { retriable: true, cause: error },
      );
    }
  }

  async function publish(topic: string, batch: readonly OutgoingMessage[]): Promise<PublishOutcome> {
    if (closed) return { kind: 'waiting', reason: 'unavailable', error: closedError() };
    if (batch.length === 0) return { kind: 'published' };
    const client = clientFor(topic);
    const note: SendNote = { encoded: false };
    try {
      await withDeadline(client, options.timeoutMs * 2, async () => {
        await client.connect();
        await client.send(topic, annotate(batch, note));
      });
      return { kind: 'published' };
    } catch (error) {
      await recover(client, error);
      return outcomeOf(error, batch, note);
    }
  }

  async function close(): Promise<void> {
    closed = true;
    const open = spare ? [...clients.values(), spare] : [...clients.values()];
    clients.clear();
    spare = undefined;
    await Promise.all(
      open.map((client) =>
        withDeadline(client, options.timeoutMs * 2, () => client.close()).catch((error: unknown) =>
          options.logger.debug({}, `Kafka close: ${messageOf(rootOf(error))}`),
        ),
      ),
    );
  }

  return { downstream: 'kafka', connect, publish, close };
}

/** Gives a client up when kafkajs neither resolves nor rejects in time, as it may while several of its waits add up. */
async function withDeadline(client: KafkaClient, ms: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new SelfcheerError('kafka_timeout', `Kafka did not answer within ${ms} ms.`, {
        retriable: true,
      });
      reject(error);
      client.abandon(error);
    }, ms);
  });
  try {
    await Promise.race([work(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * kafkajs encodes a message by copying its properties, `headers` among them, and only right before it writes the
 * request. So a getter on the first message of a batch tells a send that never left from one that may have.
 */
function annotate(batch: readonly OutgoingMessage[], note: SendNote): Message[] {
  const messages = batch.slice() as Message[];
  const first = messages[0] as Message;
  messages[0] = {
    key: first.key ?? null,
    value: first.value,
    get headers() {
      note.encoded = true;
      return first.headers ?? {};
    },
    [partitionNote]: note,
  } as Message;
  return messages;
}

/** Leaves connections behind on which nothing would work any more. */
async function recover(client: KafkaClient, error: unknown): Promise<void> {
  const root = rootOf(error);
  if (root.name === 'KafkaJSRequestTimeoutError' && 'broker' in root) {
    await client.dropConnections(String(root.broker), root);
  } else if (!root.name.startsWith('KafkaJS') || root.name === 'KafkaJSLockTimeout') {
    // A TypeError and the like: the state inside kafkajs is broken.
    client.abandon(root);
  }
}

function outcomeOf(error: unknown, batch: readonly OutgoingMessage[], note: SendNote): PublishOutcome {
  const results = partitionResultsOf(error);
  const whole = verdictOf(error, note.encoded);
  const root = rootOf(error);
  if (!results || note.partitions === undefined) return { ...whole, error: root };

  const published: number[] = [];
  const verdicts = new Set<Verdict>();
  const codes = new Map(results.map(({ partition, errorCode }) => [partition, errorCode]));
  for (const [index, message] of batch.entries()) {
    const code = codes.get(partitionOf(message.key, note.partitions));
    if (code === 0) published.push(index);
    // No answer for this partition: it went to another broker, whose answer kafkajs did not wait for.
    else verdicts.add(verdictOfCode(code ?? -1));
  }
  const verdict = combine(verdicts);
  return { ...verdict, error: root, ...(published.length > 0 && { publishedIndexes: published }) };
}

function closedError(): SelfcheerError {
  return new SelfcheerError('closed', 'The Kafka publisher is closed.', { retriable: false });
}
