import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { createKafkaPublisher } from './kafka-publisher';
import { partitionResultsOf, repairKafkajs } from './kafka-repairs';
import type { OutgoingMessage } from './publisher';

const logger = { debug: jest.fn() };
const batch: OutgoingMessage[] = [
  { lane: 0, seq: 1, key: 'k', value: Buffer.from('{}'), headers: { ce_id: 'a' } },
];

function publisherOn(...ports: number[]) {
  const brokers = ports.map((port) => `127.0.0.1:${port}`);
  return createKafkaPublisher({ brokers, clientId: 'test', ssl: false, timeoutMs: 300, logger });
}

/** A server that accepts connections and never answers: what a half-open connection looks like. */
async function silentServer() {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function closedPort(): Promise<number> {
  const server = await silentServer();
  await server.close();
  return server.port;
}

test('waits while no broker is there, without losing its temper', async () => {
  const publisher = publisherOn(await closedPort());
  await expect(publisher.connect()).rejects.toMatchObject({ code: 'kafka_unavailable', retriable: true });
  const outcomes = await Promise.all(Array.from({ length: 16 }, () => publisher.publish('t', batch)));
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ kind: 'waiting', reason: 'unavailable' });
  }
  await publisher.close();
});

test('answers within its deadline when the broker swallows everything, and drops those connections', async () => {
  const server = await silentServer();
  const publisher = publisherOn(server.port);
  await expect(publisher.publish('t', batch)).resolves.toMatchObject({
    kind: 'waiting',
    reason: 'unavailable',
  });
  expect(server.sockets.size).toBe(1);
  for (const socket of server.sockets) if (!socket.closed) await once(socket, 'close');
  await publisher.publish('t', batch);
  expect(server.sockets.size).toBe(2);
  await publisher.close();
  await server.close();
});

test('tries every broker of the list', async () => {
  const server = await silentServer();
  const publisher = publisherOn(await closedPort(), server.port);
  await expect(publisher.connect()).rejects.toMatchObject({ code: 'kafka_unavailable' });
  expect(server.sockets.size).toBe(1);
  await publisher.close();
  await server.close();
});

test('has nothing to do for an empty batch, and waits once closed', async () => {
  const publisher = publisherOn(1);
  await expect(publisher.publish('t', [])).resolves.toEqual({ kind: 'published' });
  await publisher.close();
  await expect(publisher.publish('t', batch)).resolves.toMatchObject({ kind: 'waiting' });
  await expect(publisher.connect()).rejects.toMatchObject({ code: 'closed' });
});

test('the repairs of kafkajs take: an answer keeps what became of each partition', async () => {
  repairKafkajs();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an inner module without type declarations
  const response = require('kafkajs/src/protocol/requests/produce/v7/response') as {
    parse(answer: object): Promise<object>;
  };
  const partitions = [
    { partition: 0, errorCode: 0 },
    { partition: 1, errorCode: 10 },
  ];
  const error: unknown = await response
    .parse({ topics: [{ topicName: 't', partitions }] })
    .catch((e: unknown) => e);
  expect(error).toMatchObject({ type: 'MESSAGE_TOO_LARGE' });
  expect(partitionResultsOf(new Error('outer', { cause: error }))).toEqual([
    { topicName: 't', partition: 0, errorCode: 0 },
    { topicName: 't', partition: 1, errorCode: 10 },
  ]);
  expect(partitionResultsOf(new Error('other'))).toBeUndefined();
});

test('the repairs of kafkajs take: an idle connection sets no timer', () => {
  repairKafkajs();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an inner module without type declarations
  const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: object) => {
    pending: unknown[];
    throttleCheckTimeoutId: unknown;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
    destroy(): void;
  };
  const queue = new RequestQueue({ maxInFlightRequests: 0, logger: { debug: jest.fn() } });
  queue.checkPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();
  queue.pending.push({});
  queue.scheduleCheckPendingRequests();
  expect(queue.throttleCheckTimeoutId).not.toBeNull();
  queue.destroy();
});
