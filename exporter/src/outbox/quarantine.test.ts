import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent, type Event, type QuarantineReason } from '../event';
import { quarantineKey } from './keys';
import type { Batch } from './batch';
import { Outbox } from './outbox';
import { Quarantine } from './quarantine';
import { QuarantineAudit } from './quarantine-audit';
import { openLevel, openStore, type Store } from './store';

const ann = { name: 'ann', via: 'cli' } as const;
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function event(id: string, payload = '{"a":1}', traced = false): Event {
  return createEvent(
    { id, payload: Buffer.from(payload), key: 'k' },
    {
      ...{ receivedAt: 1_700_000_000_000, tenant: 'default', traffic: 'real' },
      ...(traced && { trace: { traceparent } }),
    },
    { source: '/test', type: 'test' },
  );
}

describe('Quarantine', () => {
  let dir: string;
  let store: Store;
  let outbox: Outbox;
  let quarantine: Quarantine;
  let audit: QuarantineAudit;
  let replayed: string[];
  const onConflict = 'upsert';

  async function open(): Promise<void> {
    store = await openStore(dir, 1);
    const dedupe = { windowSeconds: 60, maxIds: 1_000_000, onConflict } as const;
    outbox = new Outbox(
      store,
      { dedupe, quotaBytes: 2 ** 30, queueBytes: 2 ** 26 },
      { committed: () => undefined, fenced: () => undefined },
    );
    audit = new QuarantineAudit(dir);
    replayed = [];
    const tell = (lane: number, seq: number): void => void replayed.push(`${lane}:${seq}`);
    quarantine = new Quarantine(store, outbox, audit, tell);
  }

  async function close(): Promise<void> {
    await outbox.close();
    await audit.close();
  }

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'quarantine-'));
    await open();
  });
  afterEach(async () => {
    await close();
    rmSync(dir, { recursive: true, force: true });
  });

  const accept = async (...events: Event[]): Promise<string[]> =>
    (await outbox.append(events)).map(({ status, revision }) => `${status} ${revision}`);

  /** Settles everything that the lane holds: those that are named go to quarantine. Returns what was recovered. */
  async function settle(
    refused: number[] = [],
    reason: QuarantineReason = 'schema',
    step = 'check',
    attempts = 1,
  ) {
    const { high } = store.state.lanes[0]!;
    let recovered: string[] = [];
    const verdict = { reason, step, detail: '/a' };
    await outbox.settle(0, high, store.state.bytes, async (batch: Batch) => {
      const rows = refused.map((seq) => ({ seq, verdict, attempts }));
      recovered = (await quarantine.settle(batch, 0, high, rows)).map(({ eventId }) => eventId);
    });
    return recovered;
  }

  const numbers = async (filter: object = {}): Promise<number[]> =>
    (await quarantine.list({ before: Infinity, limit: 100, ...filter })).items.map(({ number }) => number);

  const replay = async (number: number): Promise<string> =>
    (await quarantine.act('replay', [number], ann))[0]!.result;
  const discard = async (number: number): Promise<string> =>
    (await quarantine.act('discard', [number], ann))[0]!.result;

  it('keeps what goes there over a restart, and gives it back once', async () => {
    await accept(event('bad'), event('good'));
    await settle([1]);
    await close();
    await open();
    expect(quarantine.count).toBe(1);
    const { items, nextBefore } = await quarantine.list({ before: Infinity, limit: 10 });
    expect(items).toMatchObject([
      { number: 1, attempts: 1, event: { id: 'bad' }, verdict: { step: 'check' } },
    ]);
    expect(nextBefore).toBeNull();
    expect((await quarantine.list({ before: 1, limit: 10 })).items).toEqual([]);
    expect((await Promise.all([replay(1), replay(1)])).sort()).toEqual(['done', 'not_in_quarantine']);
    expect(replayed).toEqual(['0:3']);
    expect(quarantine.count).toBe(0);
    expect(await discard(1)).toBe('not_in_quarantine');
  });

  it('goes on counting the attempts of a replayed event that comes back, over a restart, too', async () => {
    await accept(event('bad'));
    await settle([1], 'schema', 'check', 3);
    const first = (await quarantine.get(1))!;
    expect(first.firstQuarantinedAt).toBe(first.quarantinedAt);
    await replay(1);
    await close();
    await open();
    expect(await settle([2], 'schema', 'check', 2)).toEqual([]);
    const second = (await quarantine.get(2))!;
    expect(second).toMatchObject({ attempts: 5, firstQuarantinedAt: first.firstQuarantinedAt });
    expect(await replay(2)).toBe('done');
    expect(await settle()).toEqual(['bad']);
    // Through: nothing of it is left behind.
    expect(await store.db.keys({ gte: Buffer.from('i'), lt: Buffer.from('j') }).all()).toEqual([]);
    expect(await store.db.keys({ gte: Buffer.from('r'), lt: Buffer.from('s') }).all()).toEqual([]);
  });

  it('does not replay what a later revision has replaced: that one must stay the last', async () => {
    await accept(event('e', '1'));
    await settle([1]);
    await accept(event('e', '2'));
    expect(await replay(1)).toBe('superseded');
    expect(await numbers()).toEqual([1]);
    // Discarding it does not forget the later one.
    expect(await discard(1)).toBe('done');
    expect(await accept(event('e', '2'))).toEqual(['duplicate 2']);
  });

  it('forgets the id of what is discarded: sent again it is taken anew', async () => {
    await accept(event('e'));
    await settle([1]);
    expect(await accept(event('e'))).toEqual(['duplicate 1']);
    await discard(1);
    expect(await accept(event('e'))).toEqual(['accepted 1']);
  });

  it('takes what is sent in the very batch of its discard', async () => {
    await accept(event('e'));
    await settle([1]);
    let statuses: Promise<string[]> | undefined;
    const build = outbox.change.bind(outbox);
    jest.spyOn(outbox, 'change').mockImplementationOnce((durable, change) => {
      statuses = accept(event('e'));
      return build(durable, change);
    });
    await discard(1);
    expect(await statuses).toEqual(['accepted 1']);
    expect(await accept(event('e'))).toEqual(['duplicate 1']);
  });

  it('gives an event whose update was discarded a later revision when it is sent again', async () => {
    await accept(event('e', '1'));
    await settle();
    await accept(event('e', '2'));
    await settle([2]);
    await discard(1);
    expect(await accept(event('e', '2'))).toEqual(['updated 3']);
  });

  it('knows of an identity and revision whether it is here', async () => {
    const bad = event('bad');
    await accept(bad, event('good'));
    const asked = [
      { identity: bad.identity, revision: 1 },
      { identity: bad.identity, revision: 2 },
      { identity: event('good').identity, revision: 1 },
    ];
    expect(await quarantine.verdicts(asked)).toEqual([undefined, undefined, undefined]);
    await settle([1], 'schema', 'quake');
    expect(await quarantine.verdicts(asked)).toEqual([
      { reason: 'schema', step: 'quake', detail: '/a' },
      undefined,
      undefined,
    ]);
    await replay(1);
    expect(await quarantine.verdicts(asked)).toEqual([undefined, undefined, undefined]);
  });

  it('lists and settles by reason, step and time', async () => {
    await accept(event('a'), event('b'), event('c'));
    await settle([1, 2], 'schema', 'quake');
    await accept(event('d'));
    await settle([4], 'too_large', 'publish');
    expect(await numbers()).toEqual([3, 2, 1]);
    expect(await numbers({ reason: 'schema' })).toEqual([2, 1]);
    expect(await numbers({ step: 'publish' })).toEqual([3]);
    expect(await numbers({ since: Date.now() + 60_000 })).toEqual([]);
    expect(await quarantine.list({ before: Infinity, limit: 1 })).toMatchObject({ nextBefore: 3 });
    const all = await quarantine.actOnAll('discard', { reason: 'schema', after: 0 }, ann);
    expect(all).toMatchObject({ done: 2, superseded: 0, nextAfter: null, through: 3 });
    expect(await numbers()).toEqual([3]);
  });

  it('goes through a great many in steps, and not again through what comes back meanwhile', async () => {
    const count = 1_234;
    await accept(...Array.from({ length: count }, (_, i) => event(`e${i}`)));
    await settle(Array.from({ length: count }, (_, i) => i + 1));
    let done = 0;
    let after: number | null = 0;
    let through: number | undefined;
    while (after !== null) {
      const step = await quarantine.actOnAll('replay', { after, through }, ann);
      done += step.done;
      ({ nextAfter: after, through } = step);
      const { low, high } = store.state.lanes[0]!;
      await settle(Array.from({ length: high - low + 1 }, (_, i) => low + i));
    }
    expect(done).toBe(count);
    expect(quarantine.count).toBe(count);
    expect(Math.min(...(await numbers()))).toBeGreaterThan(count);
  });

  it('audits who did what and what came of it, before it takes effect', async () => {
    await accept(event('a', '1', true), event('b'));
    await settle([1, 2]);
    await replay(1);
    await accept(event('b', '2'));
    await replay(2);
    await discard(2);
    const entries = await audit.list({ before: Infinity, limit: 10 });
    expect(entries).toMatchObject([
      { id: 3, action: 'discard', number: 2, eventId: 'b', outcome: 'done', traceId: null },
      { id: 2, action: 'replay', number: 2, eventId: 'b', outcome: 'superseded' },
      {
        ...{ id: 1, action: 'replay', actor: 'ann', via: 'cli', number: 1, eventId: 'a', source: '/test' },
        ...{ revision: 1, reason: 'schema', step: 'check', outcome: 'done' },
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      },
    ]);
    await accept(event('c'));
    await settle([5]);
    jest.spyOn(outbox, 'change').mockRejectedValueOnce(new Error('the store died'));
    await expect(discard(3)).rejects.toThrow('the store died');
    expect(readFileSync(join(dir, 'audit.ndjson'), 'utf8')).toContain('"eventId":"c"');
    expect((await audit.list({ before: Infinity, limit: 1 }))[0]).toMatchObject({ outcome: 'failed' });
  });

  it('is part of what must add up: a damaged row keeps the store from opening', async () => {
    await accept(event('a'));
    await settle([1]);
    const key = quarantineKey(1);
    const row = Buffer.from((await store.db.get(key))!);
    row[row.length - 1]! ^= 1;
    await store.db.put(key, row);
    await close();
    await expect(openStore(dir, 1)).rejects.toMatchObject({
      code: 'store_damaged',
      message: expect.stringContaining('quarantined event 1 is damaged') as string,
    });
    row[row.length - 1]! ^= 1;
    const db = await openLevel(join(dir, 'store'), false);
    await db.put(key, row);
    await db.close();
    await open();
  });

  it('changes nothing when it can not be audited', async () => {
    await accept(event('a'));
    await settle([1]);
    mkdirSync(join(dir, 'audit.ndjson'));
    await expect(discard(1)).rejects.toMatchObject({ code: 'audit_unwritable', retriable: true });
    expect(await numbers()).toEqual([1]);
    rmSync(join(dir, 'audit.ndjson'), { recursive: true });
    writeFileSync(join(dir, 'audit.ndjson'), '{"kind":"begun","id":41}\n{"kind":"beg');
    expect(await discard(1)).toBe('done');
    expect(await audit.list({ before: Infinity, limit: 1 })).toMatchObject([{ id: 42, outcome: 'done' }]);
  });
});
