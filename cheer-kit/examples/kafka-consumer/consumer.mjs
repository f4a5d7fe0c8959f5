// A Kafka consumer that continues traces and processes each event once. See README.md beside this file.
import { createService } from '@selfcheer/cheer-kit';
import kafkajs from 'kafkajs';

const brokers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',');
const topic = process.env.KAFKA_TOPIC ?? 'events';
const groupId = process.env.KAFKA_GROUP ?? 'billing';

let trouble = 'it is not in its group yet';
const service = createService({
  name: 'billing',
  version: '1.0.0',
  checks: {
    consumer() {
      if (trouble !== undefined) throw new Error(trouble);
    },
  },
  slo: { kinds: ['kafka'], latency: { targetSeconds: 0.5 } },
});

// kafkajs counts its levels 1 error, 2 warn, 4 info, 5 debug; its lines become lines of the service.
const levels = { 1: 'error', 2: 'warn', 4: 'info', 5: 'debug' };
const kafka = new kafkajs.Kafka({
  brokers,
  clientId: 'billing',
  logCreator:
    () =>
    ({ level, log: { message, error } }) =>
      service.logger[levels[level] ?? 'debug']({ client: 'kafkajs', error }, message),
});
const consumer = kafka.consumer({ groupId });
consumer.on(consumer.events.GROUP_JOIN, () => (trouble = undefined));
consumer.on(consumer.events.CRASH, ({ payload }) => (trouble = payload.error.message));
service.onDrain(() => consumer.disconnect());

const messages = service.kafkaConsumer({ group: groupId });
await service.start();
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  eachMessage: messages.eachMessage(async ({ message }) => {
    const { event_id: id, payload } = JSON.parse(message.value.toString());
    // What is thrown here is counted, and the message comes again.
    if (payload === 'poison') throw new Error(`can't bill ${id}`);
    service.logger.info({ id, offset: message.offset }, 'billed');
  }),
});
