import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent, type Event } from '../event';
import type { Batch } from './batch';
import type { Committed } from './committer';
import { Outbox, type OutboxOptions } from './outbox';
import { Quarantine } from './quarantine';
import { QuarantineAudit } from './quarantine-audit';
import { OutboxReader } from './reader';
import { openStore, storePaths, type Store } from './store';

const defaults = { source: '/test', type: 'test' };
const options: OutboxOptions = {
  dedupe: { windowSeconds: 60, maxIds: 1_000_000, onConflict: 'upsert' },
  quotaBytes: 2 ** 30,
  queueBytes: 2 ** 26,
};

function event(id: string, payload = '{"a":1}', fields: { key?: string; synthetic?: boolean } = {}): Event {
  const draft = { id, payload: Buffer.from(payload), ...(fields.key !== undefined && { key: fields.key }) };
  const traffic = fields.synthetic ? 'synthetic' : 'real';
  return createEvent(draft, { receivedAt: 1_700_000_000_000, tenant: 'default', traffic }, defaults);
}

describe('Outbox', () => {
  let dir: string;
  let store: Store;
  let outbox: Outbox;
  let quarantine: Quarantine;
  let audit: QuarantineAudit;
  let committed: Committed[];

  async function open(overrides: Partial<OutboxOptions> = {}, lanes = 4): Promise<void> {
    store = await openStore(dir, lanes);
    committed = [];
    const observer = {
      committed: (marks: readonly Committed[]) => void committed.push(...marks),
      fenced: () => undefined,
    };
    outbox = new Outbox(store, { ...options, ...overrides }, observer);
    audit = new QuarantineAudit(dir);
    quarantine = new Quarantine(store, outbox, audit, () => undefined);
  }

  async function readAll(lane: number): Promise<string[]> {
    const reader = await OutboxReader.open(storePaths(dir).level);
    const marks = outbox.lanes[lane]!;
    const { events } = await reader.read(lane, marks.low - 1, marks.high, 10_000, 2 ** 30);
    await reader.close();
    return events.map(({ id, revision }) => `${id}@${revision}`);
  }

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'outbox-'));
    await open();
  });

  afterEach(async () => {
    await outbox.close();
    await audit.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('gives each lane gapless sequence numbers and tells what was committed', async () => {
    const outcomes = await outbox.append(Array.from({ length: 100 }, (_, i) => event(`e${i}`)));
    expect(outcomes.every(({ status }) => status === 'accepted')).toBe(true);
    const seqs = new Map<number, number[]>();
    for (const outcome of outcomes) {
      if (outcome.status !== 'accepted') continue;
      seqs.set(outcome.lane, [...(seqs.get(outcome.lane) ?? []), outcome.seq]);
    }
    for (const lane of seqs.values()) expect(lane).toEqual(lane.map((_, i) => i + 1));
    expect(committed.reduce((sum, { count }) => sum + count, 0)).toBe(100);
    expect(outbox.figures().outboxRecords).toBe(100);
  });

  it('keeps the order of one key in one lane', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => outbox.append([event(`k${i}`, '1', { key: 'same' })])),
    );
    const lane = committed[0]!.lane;
    expect(await readAll(lane)).toEqual(Array.from({ length: 50 }, (_, i) => `k${i}@1`));
  });

  it('fences, and can still be closed, when forgetting old identities fails', async () => {
    await outbox.close();
    store = await openStore(dir, 4);
    store.state.dedupe.dropping.push(99);
    jest.spyOn(store.db, 'clear').mockRejectedValue(new Error('no space left'));
    const fenced = new Promise((resolve) => {
      outbox = new Outbox(store, options, { committed: () => undefined, fenced: resolve });
    });
    expect(await fenced).toMatchObject({ code: 'store_fenced', retriable: true });
    await outbox.close();
    await open();
  });

  it('knows a duplicate, in the same request, in a later one, and after a restart', async () => {
    const [first, second] = await outbox.append([event('a'), event('a')]);
    expect([first!.status, second!.status]).toEqual(['accepted', 'duplicate']);
    expect((await outbox.append([event('a')]))[0]).toEqual({ status: 'duplicate', revision: 1 });
    await outbox.close();
    await open();
    expect((await outbox.append([event('a')]))[0]).toEqual({ status: 'duplicate', revision: 1 });
  });

  it('makes another body under the same id the next revision', async () => {
    const outcomes = await outbox.append([event('a', '1'), event('a', '2'), event('a', '2')]);
    expect(outcomes.map(({ status, revision }) => [status, revision])).toEqual([
      ['accepted', 1],
      ['updated', 2],
      ['duplicate', 2],
    ]);
    const lane = committed[0]!.lane;
    expect(await readAll(lane)).toEqual(['a@1', 'a@2']);
  });

  it('refuses another body under the same id when told so', async () => {
    await outbox.close();
    await open({ dedupe: { ...options.dedupe, onConflict: 'reject' } });
    await outbox.append([event('a', '1')]);
    expect((await outbox.append([event('a', '2')]))[0]).toEqual({ status: 'conflict', revision: 1 });
    expect(outbox.figures().outboxRecords).toBe(1);
  });

  it('tells ids of different sources apart', async () => {
    const other = { ...event('a'), identity: Buffer.alloc(16, 7) };
    const outcomes = await outbox.append([event('a'), other]);
    expect(outcomes.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
  });

  it('puts synthetic events into a lane of their own', async () => {
    const [outcome] = await outbox.append([event('s', '1', { synthetic: true })]);
    expect(outcome).toMatchObject({ status: 'accepted', lane: 4 });
  });

  it('keeps unsettled events over a restart and forgets settled ones', async () => {
    await outbox.append(Array.from({ length: 10 }, (_, i) => event(`e${i}`, '1', { key: 'k' })));
    const { lane } = committed[0]!;
    const before = outbox.figures().outboxBytes;
    await outbox.settle(lane, 4, (before / 10) * 4);
    await outbox.close();
    await open();
    expect(await readAll(lane)).toEqual(['e4@1', 'e5@1', 'e6@1', 'e7@1', 'e8@1', 'e9@1']);
    expect(outbox.figures().outboxBytes).toBe((before / 10) * 6);
    const [next] = await outbox.append([event('later', '1', { key: 'k' })]);
    expect(next).toMatchObject({ seq: 11 });
  });

  it('refuses when the quota is spent, and accepts again after settling', async () => {
    await outbox.close();
    await open({ quotaBytes: 5_000 });
    await outbox.append(Array.from({ length: 10 }, (_, i) => event(`e${i}`, '1', { key: 'k' })));
    await expect(outbox.append(Array.from({ length: 20 }, (_, i) => event(`f${i}`)))).rejects.toMatchObject({
      code: 'store_full',
      retriable: true,
    });
    await outbox.settle(committed[0]!.lane, 10, outbox.figures().outboxBytes);
    await expect(outbox.append([event('g')])).resolves.toHaveLength(1);
  });

  it('counts what is quarantined against the quota, until somebody has seen to it', async () => {
    await outbox.close();
    await open({ quotaBytes: 6_000 });
    const verdict = { reason: 'schema', step: 'check', detail: '/a' } as const;
    for (let n = 0; n < 10; n++) {
      await outbox.append([event(`bad-${n}`, '1', { key: 'k' })]);
      const { lane, high } = committed.at(-1)!;
      const { outboxBytes } = outbox.figures();
      const refused = [{ seq: high, verdict, attempts: 1 }];
      const move = async (batch: Batch): Promise<void> =>
        void (await quarantine.settle(batch, lane, high, refused));
      await outbox.settle(lane, high, outboxBytes, move);
    }
    expect(outbox.figures()).toMatchObject({ outboxBytes: 0, quarantined: 10 });
    await expect(outbox.append(Array.from({ length: 20 }, (_, i) => event(`f${i}`)))).rejects.toMatchObject({
      code: 'store_full',
    });
    await quarantine.actOnAll('discard', { after: 0 }, { name: 'test', via: 'api' });
    expect(outbox.figures()).toMatchObject({ heldBytes: 0, full: true });
    await expect(outbox.append(Array.from({ length: 20 }, (_, i) => event(`f${i}`)))).resolves.toHaveLength(
      20,
    );
  });

  it('forgets identities by generation, not before the window has passed', async () => {
    await outbox.close();
    await open({ dedupe: { windowSeconds: 60, maxIds: 4, onConflict: 'upsert' } });
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick', 'queueMicrotask'] });
    await outbox.close();
    await open({ dedupe: { windowSeconds: 60, maxIds: 4, onConflict: 'upsert' } });
    const accept = async (id: string): Promise<string> => (await outbox.append([event(id)]))[0]!.status;
    await accept('a');
    await accept('b');
    jest.advanceTimersByTime(1_000); // two ids fill a generation: the next one begins
    await accept('c');
    expect(await accept('a')).toBe('duplicate');
    await accept('d');
    jest.advanceTimersByTime(1_000); // and with this one the first is dropped
    await accept('e');
    jest.useRealTimers();
    expect(await accept('c')).toBe('duplicate');
    expect(await accept('a')).toBe('accepted');
    expect(outbox.figures().dedupeWindowSeconds).toBeLessThan(60);
  });

  it('refuses new events once it is closing', async () => {
    const closing = outbox.close();
    await expect(outbox.append([event('late')])).rejects.toMatchObject({ code: 'draining' });
    await closing;
    await open();
  });
});
