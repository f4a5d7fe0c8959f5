import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent, sizeOf } from '../event';
import { Outbox } from './outbox';
import { openStore, type Store } from './store';

const count = 2_500;
let dir: string;
let store: Store;
let outbox: Outbox;
let steps: string[];

/** Notes in which order rows are removed and writes are synced. */
function watch({ db }: Store): void {
  const clear = db.clear.bind(db);
  const batch = db.batch.bind(db);
  const put = db.put.bind(db);
  Object.assign(db, {
    clear: (range: object) => (steps.push('clear'), clear(range)),
    put: (key: Buffer, value: Buffer, how?: { sync?: boolean }) => (
      steps.push(how?.sync ? 'synced' : 'written'),
      put(key, value, how as object)
    ),
    batch: () => {
      const made = batch();
      const write = made.write.bind(made);
      made.write = (how?: { sync?: boolean | undefined }) => (
        steps.push(how?.sync ? 'synced' : 'written'),
        write(how as object)
      );
      return made;
    },
  });
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sweep-order-'));
  store = await openStore(dir, 1);
  steps = [];
  watch(store);
  const dedupe = { windowSeconds: 60, maxIds: 1_000_000, onConflict: 'upsert' } as const;
  const observer = { committed: () => undefined, fenced: () => undefined };
  outbox = new Outbox(store, { dedupe, quotaBytes: 2 ** 30, queueBytes: 2 ** 26 }, observer);
});
afterEach(async () => {
  await outbox.close();
  rmSync(dir, { recursive: true, force: true });
});

async function fill(): Promise<number> {
  const events = Array.from({ length: count }, (_, n) =>
    createEvent(
      { id: `e${n}`, payload: Buffer.from('1') },
      { receivedAt: 0, tenant: 'default', traffic: 'real' },
      { source: '/test', type: 'test' },
    ),
  );
  await outbox.append(events);
  steps = [];
  return events.reduce((sum, event) => sum + sizeOf(event), 0);
}

// Otherwise a power loss may keep the removal and lose the note: the store would lack records and refuse to open.
test('settled rows are removed only after the note that they are settled is on the disk', async () => {
  const bytes = await fill();
  await outbox.settle(0, count, bytes);
  await outbox.change(false, () => undefined);
  expect(steps).toContain('clear');
  expect(steps.indexOf('synced')).toBeGreaterThanOrEqual(0);
  expect(steps.indexOf('synced')).toBeLessThan(steps.indexOf('clear'));
});

test('so it is at closing', async () => {
  await fill();
  await outbox.settle(0, 10, 10);
  await outbox.close();
  expect(steps).toContain('clear');
  expect(steps.indexOf('synced')).toBeLessThan(steps.indexOf('clear'));
});
