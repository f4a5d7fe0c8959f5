import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { hookProduceEncoder, type EncoderClass, type ProduceModule } from './kafka-encoder-hook';
import { createKafkaPublisher } from './kafka-publisher';
import { repairKafkajs } from './kafka-repairs';
import { encodeProduceRequest } from './produce-encoder';
import type { OutgoingMessage } from './publisher';

jest.mock('./produce-encoder', () => {
  const actual = jest.requireActual<typeof import('./produce-encoder')>('./produce-encoder');
  return { ...actual, encodeProduceRequest: jest.fn(actual.encodeProduceRequest) };
});
const encode = jest.mocked(encodeProduceRequest);
beforeAll(repairKafkajs);
beforeEach(() => encode.mockClear());
const servers: { server: net.Server; sockets: net.Socket[] }[] = [];
afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

/* eslint-disable @typescript-eslint/no-require-imports -- inner modules without type declarations */
interface Writer {
  readonly buffer: Buffer;
  writeInt16(value: number): Writer;
  writeInt32(value: number): Writer;
  writeInt64(value: number): Writer;
  writeString(value: string): Writer;
}
const Encoder = require('kafkajs/src/protocol/encoder') as EncoderClass & (new () => Writer);
const produce = require('kafkajs/src/protocol/requests/produce') as ProduceModule;
/* eslint-enable @typescript-eslint/no-require-imports */

const produceKey = 0;
const metadataKey = 3;
const apiVersionsKey = 18;

/** As much of a broker as one partition of topic `t` needs. Keeps the produce requests it gets. */
async function fakeBroker(produceVersion: number) {
  const produced: { version: number; frame: Buffer }[] = [];
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let end = 0; received.length >= 4; received = received.subarray(end)) {
        end = 4 + received.readInt32BE(0);
        if (received.length < end) return;
        const frame = received.subarray(4, end);
        const body = answer(frame.readInt16BE(0), frame.readInt16BE(2), frame);
        const head = Buffer.alloc(8);
        head.writeInt32BE(4 + body.length, 0);
        frame.copy(head, 4, 4, 8);
        socket.write(Buffer.concat([head, body]));
      }
    });
  });
  function answer(key: number, version: number, frame: Buffer): Buffer {
    const out: Writer = new Encoder();
    if (key === apiVersionsKey) {
      out.writeInt16(0).writeInt32(3);
      for (const [api, most] of [
        [produceKey, produceVersion],
        [metadataKey, 0],
        [apiVersionsKey, 2],
      ] as const) {
        out.writeInt16(api).writeInt16(0).writeInt16(most);
      }
      if (version > 0) out.writeInt32(0);
    } else if (key === metadataKey) {
      const { port } = server.address() as AddressInfo;
      out.writeInt32(1).writeInt32(1).writeString('127.0.0.1').writeInt32(port);
      out.writeInt32(1).writeInt16(0).writeString('t').writeInt32(1);
      out.writeInt16(0).writeInt32(0).writeInt32(1).writeInt32(1).writeInt32(1).writeInt32(1).writeInt32(1);
    } else {
      produced.push({ version, frame });
      out
        .writeInt32(1)
        .writeString('t')
        .writeInt32(1)
        .writeInt32(0)
        .writeInt16(0)
        .writeInt64(0)
        .writeInt64(-1);
      if (version >= 5) out.writeInt64(0);
      out.writeInt32(0);
    }
    return out.buffer;
  }
  servers.push({ server, sockets });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    produced,
  };
}

const batch: OutgoingMessage[] = [1, 2].map((seq) => ({
  lane: 0,
  seq,
  key: `key-${seq}`,
  value: Buffer.from('{}'),
  headers: { ce_id: `${seq}` },
}));
const logger = { debug: jest.fn(), warn: jest.fn() };

async function publishTo(broker: { address: string }) {
  const publisher = createKafkaPublisher({
    brokers: [broker.address],
    clientId: 'test',
    ssl: false,
    timeoutMs: 5_000,
    logger,
  });
  const outcome = await publisher.publish('t', batch);
  await publisher.close();
  return outcome;
}

test('the publisher sends what our encoder makes', async () => {
  const broker = await fakeBroker(8);
  expect(await publishTo(broker)).toEqual({ kind: 'published' });
  expect(encode).toHaveBeenCalledTimes(1);
  const body = encode.mock.results[0]!.value as Buffer;
  expect(broker.produced).toHaveLength(1);
  expect(broker.produced[0]!.version).toBe(7);
  expect(broker.produced[0]!.frame.subarray(-body.length).equals(body)).toBe(true);
});

test('kafkajs encodes for a broker that speaks only an older version', async () => {
  const broker = await fakeBroker(6);
  expect(await publishTo(broker)).toEqual({ kind: 'published' });
  expect(broker.produced.map(({ version }) => version)).toEqual([6]);
  expect(encode).not.toHaveBeenCalled();
});

test('kafkajs encodes what is to be compressed', async () => {
  const broker = await fakeBroker(7);
  const producer = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: 't', messages: batch, compression: CompressionTypes.GZIP });
  expect(encode).not.toHaveBeenCalled();
  await producer.send({ topic: 't', messages: batch });
  expect(encode).toHaveBeenCalledTimes(1);
  await producer.disconnect();
});

const plain = {
  acks: -1,
  timeout: 1,
  compression: 0,
  producerId: -1,
  producerEpoch: 0,
  topicData: [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [{ value: 'v' }] }] }],
};

test.each([
  ['a transaction', { transactionalId: 'tx' }],
  ['a producer id', { producerId: '7' }],
  ['an epoch', { producerEpoch: 1 }],
  [
    'a sequence number',
    {
      topicData: [
        { topic: 't', partitions: [{ partition: 0, firstSequence: 4, messages: [{ value: 'v' }] }] },
      ],
    },
  ],
])('kafkajs encodes a request with %s', async (_, special) => {
  await produce.protocol({ version: 7 })!({ ...plain, ...special }).request.encode();
  expect(encode).not.toHaveBeenCalled();
  await produce.protocol({ version: 7 })!(plain).request.encode();
  expect(encode).toHaveBeenCalledTimes(1);
});

test('messages are not looked at before the request is encoded, and a bad one rejects', async () => {
  const read = jest.fn(() => ({}));
  const messages = [
    {
      value: 5 as unknown as string,
      get headers() {
        return read();
      },
    },
  ];
  const topicData = [{ topic: 't', partitions: [{ partition: 0, messages }] }];
  const { request } = produce.protocol({ version: 7 })!({ ...plain, topicData });
  expect(read).not.toHaveBeenCalled();
  await expect(request.encode()).rejects.toThrow(TypeError);
  expect(read).toHaveBeenCalledTimes(1);
});

test('leaves everything as it was where the inside is not as expected', () => {
  const protocol = () => undefined;
  const unknown = { protocol };
  hookProduceEncoder(unknown, Object as unknown as EncoderClass);
  expect(unknown.protocol).toBe(protocol);

  hookProduceEncoder(unknown, Encoder);
  expect(unknown.protocol).not.toBe(protocol);
  expect((unknown as ProduceModule).protocol({ version: 7 })).toBeUndefined();

  const odd = { request: { encode: 'no function' } };
  const module = { protocol: () => () => odd } as unknown as ProduceModule;
  hookProduceEncoder(module, Encoder);
  expect(module.protocol({ version: 7 })!(plain)).toBe(odd);
  expect(odd.request.encode).toBe('no function');
});
