import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createEvent, type Event } from '../event';
import { checkStore } from './check';
import { outboxRange, parseOutboxKey } from './keys';
import { Outbox } from './outbox';
import { Quarantine } from './quarantine';
import { QuarantineAudit } from './quarantine-audit';
import { decodeRecord } from './record';
import { salvageStore, type SalvageOptions } from './salvage';
import type { SalvageReport } from './salvage-report';
import { seal } from './sealed';
import { openStore, storePaths, type Store } from './store';
import { salvagePaths } from './swap';

jest.setTimeout(60_000);

const options = {
  dedupe: { windowSeconds: 60, maxIds: 1_000_000, onConflict: 'upsert' },
  quotaBytes: 2 ** 30,
  queueBytes: 2 ** 26,
} as const;
const silent = { committed: () => undefined, fenced: () => undefined };
const verdict = { reason: 'schema', step: 'check', detail: '/a' } as const;
const lanes = 4;
const salvaging: SalvageOptions = { dryRun: false, lanes, progress: () => undefined, now: () => Date.now() };

function event(id: string, body = 'x'): Event {
  return createEvent(
    { id, payload: Buffer.from(`"${body.repeat(200)}"`) },
    { receivedAt: 0, tenant: 'default', traffic: 'real' },
    { source: '/s', type: 't' },
  );
}

/** Outside account of what was acknowledged, by id and revision: where it was put, and whether it may be gone. */
interface Acked {
  readonly event: Event;
  readonly lane: number;
  readonly seq: number;
  fate: 'waiting' | 'settled' | 'quarantined';
}
type Ledger = Map<string, Acked>;

/** Three tables and a log, with settled, quarantined and updated events; as a kill -9 leaves it. */
async function build(dir: string): Promise<Ledger> {
  const ledger: Ledger = new Map();
  const live = `${dir}-live`;
  for (let round = 0; round < 4; round++) {
    const store = await openStore(live, lanes);
    const outbox = new Outbox(store, options, silent);
    const quarantine = new Quarantine(store, outbox, new QuarantineAudit(live), () => undefined);
    for (let group = 0; group < 6; group++) {
      const events = Array.from({ length: 50 }, (_, n) => event(`${round}-${group}-${n}`));
      // Some are updated in the next round.
      if (round > 0) events.push(...[0, 1, 2].map((n) => event(`${round - 1}-${group}-${n}`, 'y')));
      const outcomes = await outbox.append(events);
      outcomes.forEach((outcome, i) => {
        if (!('seq' in outcome)) throw new Error('not new');
        const { lane, seq, revision } = outcome;
        ledger.set(`${events[i]!.id}@${revision}`, { event: events[i]!, lane, seq, fate: 'waiting' });
      });
    }
    const { low } = outbox.lanes[round]!;
    const refused = [low + 3, low + 7].map((seq) => ({ seq, verdict, attempts: 1 }));
    await outbox.settle(round, low + 19, 0, async (batch) => {
      await quarantine.settle(batch, round, low + 19, refused);
    });
    for (const acked of ledger.values()) {
      if (acked.lane !== round || acked.seq > low + 19 || acked.fate !== 'waiting') continue;
      acked.fate = refused.some(({ seq }) => seq === acked.seq) ? 'quarantined' : 'settled';
    }
    if (round === 3) {
      // LevelDB may be merging tables in the background: only when that has ended is every table a live one.
      await store.db.close();
      cpSync(live, dir, { recursive: true });
      await outbox.close().catch(() => undefined);
    } else await outbox.close();
  }
  return ledger;
}

async function contents(store: Store): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const [key, row] of store.db.iterator(outboxRange)) {
    const { lane, seq } = parseOutboxKey(key);
    const { id, revision } = decodeRecord(lane, seq, row);
    ids.add(`${id}@${revision}`);
  }
  return ids;
}

/** acked ⊆ saved ∪ told as lost; what is lost can be sent again; nothing that is there twice is told of as new. */
async function account(dir: string, ledger: Ledger, report: SalvageReport): Promise<void> {
  expect(await checkStore(dir)).toMatchObject({ ok: true, clean: true, problems: [] });
  const store = await openStore(dir, lanes);
  const outbox = new Outbox(store, options, silent);
  const quarantine = new Quarantine(store, outbox, new QuarantineAudit(dir), () => undefined);
  const saved = await contents(store);
  const { items } = await quarantine.list({ before: Infinity, limit: 100 });
  for (const { event: one } of items) saved.add(`${one.id}@${one.revision}`);
  const isToldLost = ({ lane, seq }: Acked): boolean =>
    report.lanes[lane]?.lostRanges.some(([from, through]) => from <= seq && seq <= through) ?? false;
  const unexplained: string[] = [];
  let missingInQuarantine = 0;
  for (const [id, acked] of ledger) {
    if (acked.fate === 'settled' || saved.has(id) || isToldLost(acked)) continue;
    if (acked.fate === 'quarantined') missingInQuarantine += 1;
    else unexplained.push(id);
  }
  if (report.doubts.length === 0) {
    expect(unexplained).toEqual([]);
    expect(missingInQuarantine).toBeLessThanOrEqual(report.quarantine.lost);
  }
  expect([...saved].filter((id) => !ledger.has(id))).toEqual([]);
  expect(report).toMatchObject({
    saved: saved.size - items.length,
    quarantine: { saved: items.length },
    bytes: store.state.bytes,
  });
  // Whoever sends a lost event again must not be told that it is known.
  const latest = [...new Map([...ledger].map(([id, acked]) => [acked.event.id, { id, acked }])).values()];
  const outcomes = await outbox.append(latest.map(({ acked }) => acked.event));
  const denied = latest.filter(
    ({ id, acked }, i) => outcomes[i]!.status === 'duplicate' && acked.fate !== 'settled' && !saved.has(id),
  );
  expect(denied).toEqual([]);
  await outbox.close();
}

function levelFiles(dir: string, pattern: RegExp): string[] {
  const { level } = storePaths(dir);
  return readdirSync(level)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(level, name));
}

function flip(file: string, at = 0.5): void {
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length * at)]! ^= 0xff;
  writeFileSync(file, bytes);
}

const log = (dir: string): string => levelFiles(dir, /\.log$/).at(-1)!;
const table = (dir: string): string => levelFiles(dir, /\.(ldb|sst)$/)[0]!;
const own = (dir: string): string => storePaths(dir).manifest;
const half = (file: string): void => truncateSync(file, Math.floor(statSync(file).size / 2));

const damages: Record<string, (dir: string) => void> = {
  'log truncated': (dir) => half(log(dir)),
  'log empty': (dir) => truncateSync(log(dir), 0),
  'log flipped': (dir) => flip(log(dir), 0.3),
  'log foreign': (dir) => writeFileSync(log(dir), 'dear diary '.repeat(500)),
  'table truncated': (dir) => half(table(dir)),
  'table empty': (dir) => truncateSync(table(dir), 0),
  'table flipped': (dir) => flip(table(dir), 0.4),
  'table flipped at its end': (dir) => flip(table(dir), 0.999),
  'table lost': (dir) => rmSync(table(dir)),
  'table foreign': (dir) => writeFileSync(table(dir), 'dear diary '.repeat(500)),
  'MANIFEST truncated': (dir) => half(levelFiles(dir, /^MANIFEST/)[0]!),
  'MANIFEST empty': (dir) => truncateSync(levelFiles(dir, /^MANIFEST/)[0]!, 0),
  'MANIFEST flipped': (dir) => flip(levelFiles(dir, /^MANIFEST/)[0]!),
  'CURRENT lost': (dir) => rmSync(join(storePaths(dir).level, 'CURRENT')),
  'CURRENT empty': (dir) => truncateSync(join(storePaths(dir).level, 'CURRENT'), 0),
  'own manifest lost': (dir) => rmSync(own(dir)),
  'own manifest empty': (dir) => truncateSync(own(dir), 0),
  'own manifest overwritten': (dir) => writeFileSync(own(dir), 'not a manifest'),
  'own manifest lost, log truncated': (dir) => {
    rmSync(own(dir));
    half(log(dir));
  },
  'own manifest and all logs lost': (dir) => {
    rmSync(own(dir));
    rmSync(log(dir));
  },
};
/** Nothing of these is lost: all rows are still there, and can be read. */
const harmless = /^(MANIFEST|CURRENT|table flipped at its end)/;

describe('salvage', () => {
  let root: string;
  let ledger: Ledger;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'salvage-'));
    ledger = await build(join(root, 'model'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  function damaged(name: string, damage: (dir: string) => void): string {
    const dir = join(root, name.replaceAll(/\W+/g, '-'));
    cpSync(join(root, 'model'), dir, { recursive: true });
    damage(dir);
    return dir;
  }

  describe.each([
    ['at once', false],
    ['after a start and a check that refused it', true],
  ])('%s', (when, isTried) => {
    it.each(Object.entries(damages))('%s: saves what is whole, says what is lost', async (name, damage) => {
      const dir = damaged(`${name} ${when}`, damage);
      if (isTried) {
        await expect(openStore(dir, lanes)).rejects.toMatchObject({ name: 'StoreError' });
        expect((await checkStore(dir)).ok).toBe(false);
      }
      const report = await salvageStore(dir, salvaging);
      expect(report.complete).toBe(harmless.test(name));
      if (harmless.test(name)) expect(report).toMatchObject({ lost: 0, ids: { forgotten: 0 } });
      await account(dir, ledger, report);
      expect(existsSync(report.findings!)).toBe(true);
      expect(existsSync(salvagePaths(dir).work)).toBe(false);
    });
  });

  it('loses one event to one flipped byte of the log, sets it aside, and can take it again', async () => {
    const dir = damaged('one byte', (to) => {
      const bytes = readFileSync(log(to));
      bytes[bytes.indexOf('xxxx', Math.floor(bytes.length / 3)) + 50]! ^= 0xff;
      writeFileSync(log(to), bytes);
    });
    await expect(openStore(dir, lanes)).rejects.toMatchObject({ code: 'store_damaged' });
    const report = await salvageStore(dir, salvaging);
    expect(report).toMatchObject({ complete: false, lost: 1, damaged: 1, ids: { forgotten: 1 } });
    const [line] = readFileSync(join(report.findings!, 'damaged.ndjson'), 'utf8').trim().split('\n');
    const {
      likely_id: id,
      lane,
      seq,
    } = JSON.parse(line!) as { likely_id: string; lane: number; seq: number };
    expect(report.lanes[lane]!.lostRanges).toEqual([[seq, seq]]);
    const [acked] = [...ledger.values()].filter((one) => one.lane === lane && one.seq === seq);
    expect(acked!.event.id).toBe(id);
    await account(dir, ledger, report);
  });

  it('refuses a log that lost nothing but a move to quarantine, and takes the event where it was', async () => {
    const dir = join(root, 'moved');
    const live = `${dir}-live`;
    const store = await openStore(live, lanes);
    const outbox = new Outbox(store, options, silent);
    const quarantine = new Quarantine(store, outbox, new QuarantineAudit(live), () => undefined);
    const [outcome] = await outbox.append([event('moved')]);
    if (outcome?.status !== 'accepted') throw new Error('not new');
    const before = statSync(log(live)).size;
    await outbox.settle(outcome.lane, 1, 0, async (batch) => {
      await quarantine.settle(batch, outcome.lane, 1, [{ seq: 1, verdict, attempts: 1 }]);
    });
    cpSync(live, dir, { recursive: true });
    await outbox.close();
    truncateSync(log(dir), before);
    await expect(openStore(dir, lanes)).rejects.toThrow(/quarantine lacks the last 1 event/);
    const report = await salvageStore(dir, salvaging);
    expect(report).toMatchObject({ saved: 1, quarantine: { saved: 0, lost: 1 } });
    const entry = { event: event('moved'), lane: outcome.lane, seq: 1, fate: 'waiting' } as const;
    await account(dir, new Map([['moved@1', entry]]), report);
  });

  it('finds tables that a cut MANIFEST does not name, though a start was refused in between', async () => {
    const dir = join(root, 'cut-manifest');
    const live = `${dir}-live`;
    const store = await openStore(live, lanes);
    const outbox = new Outbox(store, options, silent);
    const manifest = levelFiles(live, /^MANIFEST/)[0]!;
    const before = statSync(manifest).size;
    await outbox.append(Array.from({ length: 100 }, (_, n) => event(`in-a-table-${n}`)));
    // Of no rows: it only brings what is in memory into a table.
    await store.db.compactRange(Buffer.from([0]), Buffer.from([0]));
    cpSync(live, dir, { recursive: true });
    await outbox.close();
    truncateSync(join(storePaths(dir).level, basename(manifest)), before);
    await expect(openStore(dir, lanes)).rejects.toMatchObject({ code: 'store_damaged' });
    expect(await salvageStore(dir, salvaging)).toMatchObject({
      complete: true,
      saved: 100,
      ids: { kept: 100 },
    });
  });

  it('leaves the damaged store as it was, under another name', async () => {
    const dir = damaged('aside', damages['log truncated']!);
    const before = readdirSync(storePaths(dir).level).map((name) => [
      name,
      readFileSync(join(storePaths(dir).level, name), 'hex'),
    ]);
    const { aside } = await salvageStore(dir, salvaging);
    const after = readdirSync(join(aside!, 'store')).map((name) => [
      name,
      readFileSync(join(aside!, 'store', name), 'hex'),
    ]);
    expect(after).toEqual(before);
    expect((await checkStore(aside!)).ok).toBe(false);
  });

  it('changes nothing in a dry run, and elsewhere only where the new store goes', async () => {
    const dir = damaged('dry', damages['log truncated']!);
    const names = readdirSync(dir, { recursive: true });
    const dry = await salvageStore(dir, { ...salvaging, dryRun: true });
    expect(readdirSync(dir, { recursive: true })).toEqual(names);
    const to = join(root, 'dry-to');
    const { aside, findings, storeId, ...report } = await salvageStore(dir, { ...salvaging, to });
    expect([aside, typeof storeId]).toEqual([undefined, 'string']);
    expect(findings).toContain(to);
    expect(dry).toEqual({ ...report, storeId: undefined });
    expect(readdirSync(dir, { recursive: true })).toEqual(names);
    await account(to, ledger, { ...report, storeId });
    await expect(salvageStore(dir, { ...salvaging, to })).rejects.toMatchObject({ code: 'foreign_files' });
  });

  it('is finished by another call, wherever its end was cut short, and nothing opens meanwhile', async () => {
    const steps = [
      ['store', 'store.damaged/store'],
      ['store.salvaging/new/store', 'store'],
      ['store.manifest', 'store.damaged/store.manifest'],
      ['store.salvaging/new/store.manifest', 'store.manifest'],
      ['store.salvaging/findings', 'salvage'],
    ] as const;
    for (let done = 0; done <= steps.length; done++) {
      const dir = damaged(`cut ${done}`, damages['log truncated']!);
      // A salvage that dies when it begins to put the new store in its place.
      const { journal } = salvagePaths(dir);
      mkdirSync(`${journal}.new`);
      await expect(salvageStore(dir, salvaging)).rejects.toThrow();
      expect((await checkStore(dir)).ok).toBe(false);
      rmSync(`${journal}.new`, { recursive: true });
      const other = await prepared(dir);
      for (const [from, to] of steps.slice(0, done)) {
        const target = join(other, to.replace(/^(store\.damaged|salvage)/, '$1-T'));
        mkdirSync(join(target, '..'), { recursive: true });
        renameSync(join(other, from), target);
      }
      await expect(openStore(other, lanes)).rejects.toMatchObject({ code: 'salvage_unfinished' });
      await expect(checkStore(other)).rejects.toMatchObject({ code: 'salvage_unfinished' });
      const report = await salvageStore(other, salvaging);
      expect(readdirSync(other).sort()).toEqual(['salvage-T', 'store', 'store.damaged-T', 'store.manifest']);
      await account(other, ledger, report);
    }
  });

  /** The directory of a salvage that has just written its journal. */
  async function prepared(dir: string): Promise<string> {
    const to = `${dir}-made`;
    const { findings } = await salvageStore(dir, { ...salvaging, to });
    const { work, level, manifest, journal, findings: place } = salvagePaths(dir);
    mkdirSync(join(work, 'new'), { recursive: true });
    renameSync(storePaths(to).level, level);
    renameSync(storePaths(to).manifest, manifest);
    renameSync(findings!, place);
    writeFileSync(journal, seal({ id: 'T' }));
    return dir;
  }

  it('does not put an empty store in the place of one that has lost all its files', async () => {
    const dir = damaged('all lost', (one) => levelFiles(one, /./).forEach((file) => rmSync(file)));
    const before = readdirSync(dir, { recursive: true });
    await expect(salvageStore(dir, salvaging)).rejects.toMatchObject({ code: 'store_damaged' });
    expect(readdirSync(dir, { recursive: true })).toEqual(before);
  });

  it('names a missing store', async () => {
    await expect(salvageStore(join(root, 'nowhere'), salvaging)).rejects.toMatchObject({
      code: 'store_missing',
    });
  });
});
