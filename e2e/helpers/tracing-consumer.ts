/**
 * A consumer as its own process, with what cheer-kit offers one: it logs a line for each message, ships the order, which is
 * a span of its own, and drains on SIGTERM. `node --require tsx/cjs tracing-consumer.ts BROKER TOPIC`
 */
import { createService } from '@selfcheer/cheer-kit';
import { Kafka, logLevel } from 'kafkajs';

async function main(): Promise<void> {
  const [broker = '', topic = ''] = process.argv.slice(2);
  const service = createService({ name: 'consumer', version: '1.0.0', admin: { address: '127.0.0.1:0' } });
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: 'shipping' });
  service.onDrain(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: service.kafkaConsumer({ group: 'shipping' }).eachMessage(async ({ message }) => {
      await service.tracer.startActiveSpan('ship_order', async (span) => {
        await new Promise((resolve) => setImmediate(resolve));
        service.logger.info({ order: String(message.key) }, 'shipped');
        span.end();
      });
    }),
  });
  await service.start();
}

void main();
