import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent } from '../event';
import { checkStore } from './check';
import { frozenKey, frozenRange } from './keys';
import { Outbox } from './outbox';
import { OutboxReader } from './reader';
import { openLevel, openStore, storePaths, type Store } from './store';

const options = {
  dedupe: { windowSeconds: 60, maxIds: 1_000, onConflict: 'upsert' },
  quotaBytes: 2 ** 30,
  queueBytes: 2 ** 26,
} as const;
const silent = { committed: () => undefined, fenced: () => undefined };

describe('what is frozen with records', () => {
  let root: string;
  let dir: string;
  let store: Store;
  let outbox: Outbox;

  async function open(): Promise<void> {
    store = await openStore(dir, 1);
    outbox = new Outbox(store, options, silent);
  }

  async function append(count: number): Promise<void> {
    const arrival = { receivedAt: 0, tenant: 'default', traffic: 'real' } as const;
    const events = Array.from({ length: count }, (_, i) =>
      createEvent({ id: `e${i}`, payload: Buffer.from('1') }, arrival, { source: '/s', type: 't' }),
    );
    await outbox.append(events);
  }

  async function frozenAsRead(settled: number): Promise<(string | undefined)[]> {
    const reader = await OutboxReader.open(storePaths(dir).level);
    await reader.findFrozen([settled, 0]);
    const { events } = await reader.read(0, settled, 1_000, 1_000, 2 ** 20);
    const again = await reader.read(0, settled, 1_000, 1_000, 2 ** 20);
    await reader.close();
    // Given once: the memory that it took is given back.
    expect(again.events.map(({ frozen }) => frozen)).toEqual(events.map(() => undefined));
    return events.map(({ frozen }) => frozen);
  }

  const rows = async (): Promise<number> => (await store.db.keys(frozenRange).all()).length;

  /** As the process leaves it, before the next one tidies up. */
  async function rowsLeft(): Promise<number> {
    await outbox.close();
    const db = await openLevel(storePaths(dir).level, false);
    const keys = await db.keys(frozenRange).all();
    await db.close();
    return keys.length;
  }

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'frozen-'));
    dir = join(root, 'data');
    await open();
  });
  afterEach(async () => {
    await outbox.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('is synced before it is answered, and comes back with its records in the next process', async () => {
    await append(4);
    const syncs: unknown[] = [];
    const batch = store.db.batch.bind(store.db);
    jest.spyOn(store.db, 'batch').mockImplementation(() => {
      const one = batch();
      const write = one.write.bind(one);
      one.write = (given?: { sync?: boolean | undefined }) => {
        syncs.push(given?.sync);
        return write(given as object);
      };
      return one;
    });
    await outbox.freeze(0, [
      [2, 'two'],
      [3, 'drei ü'],
    ]);
    expect(syncs).toEqual([true]);
    const crashed = join(root, 'crashed');
    cpSync(dir, crashed, { recursive: true });
    await outbox.close();
    dir = crashed;
    await open();
    expect(await frozenAsRead(0)).toEqual([undefined, 'two', 'drei ü', undefined]);
    expect(await frozenAsRead(2)).toEqual(['drei ü', undefined]);
  });

  it('goes with its records', async () => {
    await append(5);
    await outbox.freeze(
      0,
      [1, 2, 3, 4, 5].map((seq) => [seq, 'x'] as const),
    );
    await outbox.settle(0, 3, 0);
    expect(await rowsLeft()).toBe(2);
    // The next process did not freeze them, and takes them away all the same.
    await open();
    await outbox.settle(0, 5, 0);
    expect(await rowsLeft()).toBe(0);
    expect(await checkStoreOf()).toEqual([]);
  });

  it('is removed at the next opening when a crash kept it from going with them, whatever it looks like', async () => {
    await append(3);
    await outbox.settle(0, 3, 0);
    await outbox.close();
    await open();
    await store.db.put(frozenKey(0, 2), Buffer.from('left behind and torn'));
    expect(await checkStoreOf()).toEqual([]);
    await open();
    expect(await rows()).toBe(0);
  });

  it.each([
    [2, Buffer.from([1, 0, 0, 0, 0, 0x78]), /frozen results of record 0:2 are damaged/],
    [2, Buffer.alloc(0), /frozen results of record 0:2 are damaged/],
    [9, undefined, /frozen results of record 0:9, which the store does not have/],
  ])('does not add up when that of record %i is not whole or has no record', async (seq, row, problem) => {
    await append(3);
    await outbox.freeze(0, [[seq, 'x']]);
    if (row) await store.db.put(frozenKey(0, seq), row);
    expect((await checkStoreOf()).join()).toMatch(problem);
    await expect(open()).rejects.toMatchObject({ code: 'store_damaged' });
    const reader = await OutboxReader.open(storePaths(dir).level);
    if (row) await expect(reader.findFrozen([0, 0])).rejects.toMatchObject({ code: 'record_damaged' });
    await reader.close();
  });

  async function checkStoreOf(): Promise<readonly string[]> {
    await outbox.close();
    return (await checkStore(dir)).problems;
  }
});
