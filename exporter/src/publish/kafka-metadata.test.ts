import { repairKafkajs } from './kafka-repairs';

interface Pool {
  brokers: Record<string, unknown>;
  metadata: unknown;
  metadataExpireAt: number | null;
  findConnectedBroker(): Promise<unknown>;
  refreshMetadata: (topics: readonly string[]) => Promise<unknown>;
  refreshMetadataIfNecessary(topics: readonly string[]): Promise<unknown>;
}

/** kafkajs' own, as it is repaired. */
function poolOf(...brokers: object[]): Pool {
  repairKafkajs();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an inner module without type declarations
  const BrokerPool = require('kafkajs/src/cluster/brokerPool') as new (options: object) => Pool;
  const logger = { namespace: () => logger };
  const pool = new BrokerPool({ connectionPoolBuilder: {}, logger, retry: { retries: 0 } });
  pool.brokers = { ...brokers };
  return pool;
}

/** With requests that were sent so many milliseconds ago and not answered. */
function broker(name: string, connected: boolean, ...unanswered: number[]) {
  const inflight = new Map(unanswered.map((ago, id) => [id, { sentAt: Date.now() - ago }]));
  const idle = { requestQueue: { inflight: new Map() } };
  return {
    ...{ name, isConnected: () => connected },
    connectionPool: { pool: [{ requestQueue: { inflight } }, idle] },
  };
}

const known = { topicMetadata: [{ topic: 't' }] };

test('metadata is asked of a broker that answers, and not of one that hangs', async () => {
  const pool = poolOf(broker('hung', true, 5, 9_000), broker('away', false), broker('busy', true, 20, 3));
  for (let i = 0; i < 20; i++)
    await expect(pool.findConnectedBroker()).resolves.toMatchObject({ name: 'busy' });
});

test('no send waits for a refresh where its topic is known, and there is one at a time', async () => {
  const pool = poolOf();
  pool.metadata = known;
  pool.metadataExpireAt = null;
  const ends: (() => void)[] = [];
  pool.refreshMetadata = jest.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
  for (let i = 0; i < 5; i++) await pool.refreshMetadataIfNecessary(['t']);
  expect(pool.refreshMetadata).toHaveBeenCalledTimes(1);
  for (const end of ends) end();
  await new Promise((resolve) => setImmediate(resolve));
  await pool.refreshMetadataIfNecessary(['t']);
  expect(pool.refreshMetadata).toHaveBeenCalledTimes(2);
});

test('a refresh that fails is no send’s failure, and is tried again', async () => {
  const pool = poolOf();
  pool.metadata = known;
  pool.refreshMetadata = jest.fn(() => Promise.reject(new Error('no')));
  for (let i = 1; i < 4; i++) {
    await pool.refreshMetadataIfNecessary(['t']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(pool.refreshMetadata).toHaveBeenCalledTimes(i);
  }
});

test('a topic that is not known is waited for', async () => {
  const pool = poolOf();
  pool.metadata = known;
  pool.refreshMetadata = () => Promise.reject(new Error('no such topic'));
  await expect(pool.refreshMetadataIfNecessary(['other'])).rejects.toThrow('no such topic');
});
