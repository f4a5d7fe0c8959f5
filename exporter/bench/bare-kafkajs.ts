/**
 * The yardstick, as a process of its own: kafkajs publishes the same events and does nothing else. Reads the events
 * first, then prints the seconds that publishing took.
 *
 *   bare-kafkajs BROKER TOPIC COUNT RUN messages|lines
 *
 * `messages`: the very messages that the exporter makes of them (key, value and headers). `lines`: the event as it was
 * sent, and no headers.
 */
import { Kafka, logLevel, type Message } from 'kafkajs';
import { createMessage } from '../dist/publish/messages';
import { createEnricher } from '../dist/enrich/enricher';
import type { StoredEvent } from '../dist/event';
import { flightLines } from './events';

const batchEvents = 500;
const inFlight = 16;

async function main(): Promise<void> {
  const [broker, topic, count, run, kind] = process.argv.slice(2) as [string, string, string, string, string];
  const lines = flightLines(Number(count), run);
  const messages = kind === 'lines' ? lines.map(asLine) : asExported(lines);
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR }).producer({
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  const startedAt = performance.now();
  let at = 0;
  const worker = async (): Promise<void> => {
    while (at < messages.length) {
      const batch = messages.slice(at, (at += batchEvents));
      await producer.send({ topic, messages: batch, acks: -1 });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  await producer.disconnect();
  process.stdout.write(`${seconds}\n`);
}

function asLine(line: Buffer): Message {
  const { event_id } = JSON.parse(line.toString()) as { event_id: string };
  return { key: event_id, value: line.subarray(0, -1) };
}

function asExported(lines: readonly Buffer[]): Message[] {
  const enricher = createEnricher([{ step: 'normalize' }, { step: 'fingerprint' }, { step: 'lateness' }], {
    baseDir: '.',
  });
  return lines.map((line, seq) => {
    const { event_id: id, payload } = JSON.parse(line.toString()) as { event_id: string; payload: unknown };
    const event: StoredEvent = {
      lane: 1,
      seq,
      id,
      source: '/selfcheer/exporter',
      type: 'selfcheer.event',
      key: id,
      tenant: 'default',
      timestamp: 1_700_000_000_000,
      acceptedAt: 1_700_000_000_000,
      traffic: 'real',
      base64: false,
      revision: 1,
      payload: Buffer.from(JSON.stringify(payload)),
    };
    const outcome = enricher.enrich(event);
    if (outcome instanceof Promise || outcome.outcome !== 'ok')
      throw new Error('the default chain takes every event');
    const { key, value, headers } = createMessage(event, outcome, {
      storeId: '00000000-0000-0000-0000-000000000000',
    });
    return { key, value, headers };
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
