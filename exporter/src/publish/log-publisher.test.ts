import {
  mkdtemp,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
  appendFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogPublisher, type LogOptions } from './log-publisher';
import type { OutgoingMessage } from './publisher';

let dataDir: string;
let directory: string;
const warn = jest.fn();

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'log-publisher-'));
  directory = path.join(dataDir, 'published', 'events');
});
afterEach(() => rm(dataDir, { recursive: true }));

function publisherWith(overrides: Partial<LogOptions> = {}) {
  return createLogPublisher({ dataDir, segmentBytes: 1 << 20, logger: { warn }, ...overrides });
}

function message(
  lane: number,
  seq: number,
  overrides: { store?: string; id?: string } = {},
): OutgoingMessage {
  const id = overrides.id ?? `event-${lane}-${seq}`;
  return {
    lane,
    seq,
    key: `key-${lane}`,
    value: Buffer.from(`{"event_id":"${id}"}`),
    headers: { ce_id: id, ce_revision: '1', origin: `${overrides.store ?? 'store'}:${lane}:${seq}` },
  };
}

async function published(): Promise<string[]> {
  const names = (await readdir(directory)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(directory, name), 'utf8')));
  const lines = texts.join('').split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { value: { event_id: string } }).value.event_id);
}

const segment = (number: number) => path.join(directory, `${String(number).padStart(8, '0')}.ndjson`);

/** Opens files whose `method` fails the next `failures` times, and counts the calls. */
function faultyFiles(method: 'write' | 'datasync', failures: number, code: string) {
  const calls = { count: 0 };
  const openFile: typeof open = async (...args) => {
    const handle = await open(...args);
    const original = handle[method].bind(handle) as (...rest: unknown[]) => Promise<unknown>;
    Object.assign(handle, {
      async [method](...rest: unknown[]) {
        calls.count += 1;
        if (failures-- <= 0) return original(...rest);
        if (method === 'datasync') throw Object.assign(new Error(code), { code });
        // A write that fails half-way, as on a full disk.
        await original(rest[0], rest[1], 10, rest[3]);
        throw Object.assign(new Error(code), { code });
      },
    });
    return handle;
  };
  return { calls, openFile };
}

test('writes one line a message with key, headers, lane and seq, and keeps the order of each lane', async () => {
  const publisher = publisherWith({ now: () => Date.UTC(2026, 0, 1) });
  await publisher.connect();
  await expect(publisher.publish('events', [message(0, 1), message(0, 2)])).resolves.toEqual({
    kind: 'published',
  });
  await publisher.close();
  const [first] = (await readFile(segment(1), 'utf8')).split('\n');
  expect(JSON.parse(first ?? '')).toEqual({
    key: 'key-0',
    value: { event_id: 'event-0-1' },
    headers: message(0, 1).headers,
    lane: 0,
    seq: 1,
    published_at: '2026-01-01T00:00:00.000Z',
  });
  expect(await published()).toEqual(['event-0-1', 'event-0-2']);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test('batches of several lanes at the same moment share one sync', async () => {
  const { calls, openFile } = faultyFiles('datasync', 0, '');
  const publisher = publisherWith({ openFile });
  const lanes = Array.from({ length: 16 }, (_, lane) => lane);
  await Promise.all(lanes.map((lane) => publisher.publish('events', [message(lane, 1)])));
  expect(calls.count).toBe(1);
  expect(await published()).toHaveLength(16);
  await publisher.close();
});

test('rotates at the size, and goes on in the newest segment after a restart', async () => {
  for (let run = 0; run < 3; run++) {
    const publisher = publisherWith({ segmentBytes: 300 });
    for (let seq = 1; seq <= 4; seq++) await publisher.publish('events', [message(0, run * 10 + seq)]);
    await publisher.close();
  }
  expect(await readdir(directory)).toHaveLength(6);
  expect(await published()).toHaveLength(12);
});

test('does not write again what was written but not settled before a crash', async () => {
  const first = publisherWith({ segmentBytes: 300 });
  const batch = [message(0, 1), message(0, 2), message(1, 1), message(0, 3)];
  await first.publish('events', batch.slice(0, 2));
  await first.publish('events', batch.slice(2, 3));
  await first.close();
  const second = publisherWith({ segmentBytes: 300 });
  await expect(second.publish('events', batch)).resolves.toEqual({ kind: 'published' });
  await second.publish('events', batch);
  await second.close();
  expect(await published()).toEqual(['event-0-1', 'event-0-2', 'event-1-1', 'event-0-3']);
});

test('a number that was used by another store or for another event is no reason to leave an event out', async () => {
  const publisher = publisherWith();
  await publisher.publish('events', [message(0, 5)]);
  await publisher.publish('events', [
    message(0, 5, { store: 'other', id: 'b' }),
    message(0, 5, { id: 'c' }),
    message(0, 4),
  ]);
  await publisher.close();
  expect(await published()).toEqual(['event-0-5', 'b', 'c', 'event-0-4']);
});

test.each(['{"key":"k","val', '{"k', '\0\0\0\0'])('removes a torn last write (%j)', async (tear) => {
  const first = publisherWith();
  await first.publish('events', [message(0, 1)]);
  await first.close();
  await appendFile(segment(1), tear);
  const second = publisherWith();
  await second.publish('events', [message(0, 2)]);
  await second.close();
  expect(await published()).toEqual(['event-0-1', 'event-0-2']);
});

test('never cuts a whole line off, even a damaged one: it begins a new segment', async () => {
  const first = publisherWith();
  await first.publish('events', [message(0, 1)]);
  await first.close();
  await appendFile(segment(1), '{"key":"k","value":{"eve@t_id\n');
  const before = await readFile(segment(1));
  const second = publisherWith();
  await expect(second.publish('events', [message(0, 2)])).resolves.toEqual({ kind: 'published' });
  await second.close();
  expect(await readFile(segment(1))).toEqual(before);
  expect(await readFile(segment(2), 'utf8')).toContain('event-0-2');
});

test('what a killed process wrote counts only once it is synced: a power loss may follow', async () => {
  const done: string[] = [];
  const watched = (hangs: boolean): typeof open => {
    return async (...args) => {
      const handle = await open(...args);
      const sync = handle.sync.bind(handle);
      const datasync = handle.datasync.bind(handle);
      handle.sync = () => sync().then(() => void done.push(`sync ${path.basename(String(args[0]))}`));
      handle.datasync = () => (hangs ? new Promise(() => undefined) : datasync());
      return handle;
    };
  };
  const killed = publisherWith({ openFile: watched(true) });
  void killed.publish('events', [message(0, 1)]);
  while (!(await published().catch((): string[] => [])).includes('event-0-1'))
    await new Promise(setImmediate);

  const next = publisherWith({ openFile: watched(false) });
  await expect(next.publish('events', [message(0, 1)])).resolves.toEqual({ kind: 'published' });
  expect(await published()).toEqual(['event-0-1']);
  expect(done).toContain('sync 00000001.ndjson');
  await next.close();
});

test('goes on behind whatever a power loss left of an unsynced write to a segment of its own', async () => {
  for (const tail of [
    Buffer.alloc(300),
    Buffer.from('\x9c\x00gar\nba\x01ge', 'latin1'),
    Buffer.from('stale'),
  ]) {
    const before = publisherWith();
    await before.publish('events', [message(0, 1)]);
    await before.close();
    await appendFile(segment(1), tail);
    const after = publisherWith();
    await expect(after.publish('events', [message(0, 2)])).resolves.toEqual({ kind: 'published' });
    await after.close();
    const texts = await Promise.all(
      (await readdir(directory)).map((name) => readFile(path.join(directory, name))),
    );
    expect(
      texts
        .join('')
        .match(/event-0-\d/g)
        ?.slice(-1),
    ).toEqual(['event-0-2']);
    await rm(directory, { recursive: true });
  }
});

test.each([
  ['another program', 'hello\nworld\n'],
  ['another program, unfinished', 'hello'],
  ['another program, JSON', '{"a":1}\n'],
])('leaves a file of %s alone and goes on once it is gone', async (_, content) => {
  await mkdir(directory, { recursive: true });
  await writeFile(segment(3), content);
  const publisher = publisherWith();
  const outcome = await publisher.publish('events', [message(0, 1)]);
  expect(outcome).toMatchObject({ kind: 'waiting', reason: 'unavailable', error: { code: 'sink_foreign' } });
  expect(await readFile(segment(3), 'utf8')).toBe(content);
  await rm(segment(3));
  await expect(publisher.publish('events', [message(0, 1)])).resolves.toEqual({ kind: 'published' });
  await publisher.close();
});

test.each([
  ['write', 'ENOSPC'],
  ['datasync', 'EIO'],
] as const)(
  'a failed %s is no success: cut back, and written once when the disk is well',
  async (method, code) => {
    const { openFile } = faultyFiles(method, 1, code);
    const warm = publisherWith();
    await warm.publish('events', [message(0, 1)]);
    await warm.close();
    const publisher = publisherWith({ openFile });
    const batches = [[message(0, 2)], [message(1, 1)]];
    for (const outcome of await Promise.all(batches.map((batch) => publisher.publish('events', batch)))) {
      expect(outcome).toMatchObject({
        kind: 'waiting',
        reason: 'unavailable',
        error: { code: 'sink_unavailable' },
      });
    }
    await publisher.publish('events', [message(2, 1)]);
    expect(await published()).toEqual(['event-0-1', 'event-2-1']);
    await Promise.all(batches.map((batch) => publisher.publish('events', batch)));
    expect(await published()).toEqual(['event-0-1', 'event-2-1', 'event-0-2', 'event-1-1']);
    await publisher.close();
  },
);

test('heals when its files are removed or cut while it runs', async () => {
  const publisher = publisherWith();
  await publisher.publish('events', [message(0, 1)]);
  await rm(path.join(dataDir, 'published'), { recursive: true });
  await publisher.publish('events', [message(0, 2)]);
  expect(await published()).toEqual(['event-0-2']);
  await publisher.close();
  await truncate(segment(1), 0);
  const again = publisherWith();
  await expect(again.publish('events', [message(0, 3)])).resolves.toEqual({ kind: 'published' });
  expect(await published()).toEqual(['event-0-3']);
  await again.close();
});

test('has nothing to do for an empty batch, finishes what it took on, and waits once closed', async () => {
  const publisher = publisherWith();
  await expect(publisher.publish('events', [])).resolves.toEqual({ kind: 'published' });
  const last = publisher.publish('events', [message(0, 1)]);
  await publisher.close();
  await expect(last).resolves.toEqual({ kind: 'published' });
  await expect(publisher.publish('events', [message(0, 2)])).resolves.toMatchObject({ kind: 'waiting' });
});

test('says what to do when the data directory can not be used', async () => {
  await writeFile(path.join(dataDir, 'file'), '');
  const publisher = publisherWith({ dataDir: path.join(dataDir, 'file') });
  await expect(publisher.connect()).rejects.toMatchObject({ code: 'sink_unavailable', retriable: true });
});
