import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogPublisher } from './log-publisher';
import { readLog, type ReadLogOptions } from './log-reader';
import type { OutgoingMessage } from './publisher';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'log-reader-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

const publisherWith = (segmentBytes: number) =>
  createLogPublisher({ dataDir, segmentBytes, logger: { warn: () => undefined } });

function message(seq: number, bytes = 10): OutgoingMessage {
  const id = `event-${seq}`;
  const value = Buffer.from(`{"event_id":"${id}","payload":"${'ä'.repeat(bytes)}"}`);
  return { lane: 0, seq, key: 'k', value, headers: { ce_id: id, ce_revision: '1', origin: `s:0:${seq}` } };
}

function read(overrides: Partial<ReadLogOptions> = {}) {
  return readLog({ dataDir, topic: 'events', from: 'start', follow: false, pollMs: 5, ...overrides });
}

async function sequences(overrides: Partial<ReadLogOptions> = {}): Promise<number[]> {
  const seen: number[] = [];
  for await (const { seq } of read(overrides)) seen.push(seq);
  return seen;
}

test('reads all segments in order, with values byte for byte, also larger than its buffer', async () => {
  const publisher = publisherWith(400);
  const messages = [1, 2, 3, 4, 5].map((seq) => message(seq, seq === 3 ? 400_000 : 10));
  for (const one of messages) await publisher.publish('events', [one]);
  await publisher.close();
  const values: string[] = [];
  for await (const record of read()) values.push(record.value);
  expect(values).toEqual(messages.map(({ value }) => value.toString()));
});

test('is empty where there is nothing yet', async () => {
  expect(await sequences()).toEqual([]);
  expect(await sequences({ from: 'end' })).toEqual([]);
});

test('follows over rotation from the beginning, before the topic exists, until it is aborted', async () => {
  const abort = new AbortController();
  const seen: number[] = [];
  const following = (async () => {
    for await (const { seq } of read({ follow: true, signal: abort.signal })) {
      seen.push(seq);
      if (seq === 20) abort.abort();
    }
  })();
  const publisher = publisherWith(500);
  for (let seq = 1; seq <= 20; seq++) await publisher.publish('events', [message(seq)]);
  await following;
  await publisher.close();
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test('from the end, yields only what comes later', async () => {
  const publisher = publisherWith(1 << 20);
  await publisher.publish('events', [message(1), message(2)]);
  const abort = new AbortController();
  const reader = read({ from: 'end', follow: true, signal: abort.signal });
  const next = reader.next();
  // The reader has found the end when a look for more has gone by.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await publisher.publish('events', [message(3)]);
  expect((await next).value).toMatchObject({ seq: 3 });
  const end = reader.next();
  abort.abort();
  expect((await end).done).toBe(true);
  await publisher.close();
});

test('never yields half a line, and leaves a damaged one out and says so', async () => {
  const publisher = publisherWith(1 << 20);
  await publisher.publish('events', [message(1)]);
  await publisher.close();
  const file = path.join(dataDir, 'published', 'events', '00000001.ndjson');
  await appendFile(file, '{"key":"k","val');
  const onDamage = jest.fn();
  expect(await sequences({ onDamage })).toEqual([1]);
  expect(onDamage).not.toHaveBeenCalled();
  await appendFile(file, '\n');
  expect(await sequences({ onDamage })).toEqual([1]);
  expect(onDamage).toHaveBeenCalledWith(file, expect.any(Number));
});
