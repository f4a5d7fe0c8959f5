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
import { createEvent } from '../event';
import { checkStore } from './check';
import { Outbox } from './outbox';
import * as directory from './directory';
import { Manifest } from './manifest';
import { openStore, storePaths } from './store';

jest.mock('./directory', () => ({ __esModule: true, ...jest.requireActual<object>('./directory') }));

const options = {
  dedupe: { windowSeconds: 60, maxIds: 1_000_000, onConflict: 'upsert' },
  quotaBytes: 2 ** 30,
  queueBytes: 2 ** 26,
} as const;
const silent = { committed: () => undefined, fenced: () => undefined };

/** The directory as a kill -9 would leave it: a copy taken while the store is open. */
async function crashedStore(root: string, name: string): Promise<string> {
  const live = join(root, `${name}-live`);
  const crashed = join(root, name);
  const store = await openStore(live, 4);
  const outbox = new Outbox(store, options, silent);
  for (let round = 0; round < 20; round++) {
    const events = Array.from({ length: 50 }, (_, i) =>
      createEvent(
        { id: `${round}-${i}`, payload: Buffer.from(`"${'x'.repeat(200)}"`) },
        { receivedAt: 0, tenant: 'default', traffic: 'real' },
        { source: '/s', type: 't' },
      ),
    );
    await outbox.append(events);
  }
  cpSync(live, crashed, { recursive: true });
  await outbox.close();
  return crashed;
}

function fileOf(dir: string, pattern: RegExp): string {
  const level = storePaths(dir).level;
  return join(
    level,
    readdirSync(level).find((name) => pattern.test(name))!,
  );
}

/** Every file below a directory with its bytes. */
function contentsOf(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [
      join(parentPath, name),
      readFileSync(join(parentPath, name), 'base64'),
    ]),
  );
}

describe('a store as it is found', () => {
  let root: string;
  beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'store-'))));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('is created with mode 0700 and opens again, unclean after a crash and clean after a close', async () => {
    const dir = await crashedStore(root, 'whole');
    // The original: a copy's mode is the copier's.
    expect(statSync(storePaths(`${dir}-live`).level).mode & 0o777).toBe(0o700);
    expect(await checkStore(dir)).toMatchObject({
      ok: true,
      clean: false,
      records: 1000,
      dedupeEntries: 1000,
    });
    const store = await openStore(dir, 4);
    expect(store.manifest.current.generation).toBe(2);
    await new Outbox(store, options, silent).close();
    expect(await checkStore(dir)).toMatchObject({ ok: true, clean: true, records: 1000 });
  });

  it('is held by one process only', async () => {
    const dir = join(root, 'locked');
    const held = await openStore(dir, 4);
    // A second handle in this process shares the first one, so another process must try.
    const { spawnSync } = await import('node:child_process');
    const script = `new (require('classic-level').ClassicLevel)(${JSON.stringify(storePaths(dir).level)}).open().catch((e) => console.log(e.cause.code))`;
    const other = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 20_000 });
    expect(other.stdout.trim()).toBe('LEVEL_LOCKED');
    await new Outbox(held, options, silent).close();
  });

  const damages: Record<string, (dir: string) => void> = {
    'log truncated': (dir) => {
      const log = fileOf(dir, /\.log$/);
      truncateSync(log, Math.floor(statSync(log).size / 2));
    },
    'byte flipped in the log': (dir) => {
      const log = fileOf(dir, /\.log$/);
      const bytes = readFileSync(log);
      bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
      writeFileSync(log, bytes);
    },
    'log empty': (dir) => truncateSync(fileOf(dir, /\.log$/), 0),
    'CURRENT lost': (dir) => rmSync(fileOf(dir, /^CURRENT$/)),
    'MANIFEST empty': (dir) => truncateSync(fileOf(dir, /^MANIFEST/), 0),
    'all of LevelDB lost': (dir) => {
      rmSync(storePaths(dir).level, { recursive: true });
      mkdirSync(storePaths(dir).level);
    },
    'own manifest lost': (dir) => rmSync(storePaths(dir).manifest),
    'own manifest overwritten': (dir) => writeFileSync(storePaths(dir).manifest, 'not a manifest'),
  };

  it.each(Object.entries(damages))(
    '%s: refused with what to do, and reported by check',
    async (name, damage) => {
      const dir = await crashedStore(root, name.replaceAll(' ', '-'));
      damage(dir);
      const refusal = await openStore(dir, 4).then(
        () => undefined,
        (error: Error) => error,
      );
      expect(refusal).toMatchObject({ name: 'StoreError', retriable: false });
      expect(refusal?.message).toMatch(/selfcheer store check/);
      const before = contentsOf(dir);
      const report = await checkStore(dir);
      expect(report.ok).toBe(false);
      expect(contentsOf(dir)).toEqual(before);
      expect(report.problems.length).toBeGreaterThan(0);
      expect(report.problems.join()).not.toMatch(/store check|salvage/);
    },
  );

  it('believes what it found only when a power loss can not bring back the log that LevelDB took it from', async () => {
    const dir = await crashedStore(root, 'names');
    const order: string[] = [];
    const { syncDirectory } = directory;
    const { begin } = Manifest.prototype;
    jest.spyOn(directory, 'syncDirectory').mockImplementation((path) => {
      order.push(basename(path));
      syncDirectory(path);
    });
    jest.spyOn(Manifest.prototype, 'begin').mockImplementation(function (this: Manifest, state) {
      order.push('believed');
      begin.call(this, state);
    });
    const outbox = new Outbox(await openStore(dir, 4), options, silent);
    await outbox.close();
    jest.restoreAllMocks();
    expect(order).toContain('believed');
    expect(order.slice(0, order.indexOf('believed'))).toContain(basename(storePaths(dir).level));
  });

  it("refuses another store's manifest", async () => {
    const [one, two] = [await crashedStore(root, 'one'), await crashedStore(root, 'two')];
    cpSync(storePaths(one).manifest, storePaths(two).manifest);
    await expect(openStore(two, 4)).rejects.toThrow(/belongs to store/);
  });

  it('survives a power loss that tears whatever was written since the last sync of its manifest', async () => {
    const dir = await crashedStore(root, 'torn');
    const path = storePaths(dir).manifest;
    const bytes = readFileSync(path);
    const slots = [0, 1, 2].map((slot) => bytes.subarray(slot * 16_384, (slot + 1) * 16_384));
    const updates = slots.map((slot) => Number(/"update":(\d+)/.exec(slot.toString('latin1'))?.[1] ?? 0));
    // The notes, and the checkpoint that was being written.
    const newest = updates[0]! > updates[1]! ? 0 : 1;
    slots[2]!.fill(0, 40, 60);
    expect(await checkStore(dir)).toMatchObject({ ok: true, records: 1000 });
    slots[1 - newest]!.fill(0, 40, 60);
    writeFileSync(path, bytes);
    expect(await checkStore(dir)).toMatchObject({ ok: true, records: 1000 });
    const store = await openStore(dir, 4);
    await store.manifest.close();
    await store.db.close();
    // The one that was whole is not the one that was written over.
    expect(readFileSync(path).subarray(newest * 16_384, (newest + 1) * 16_384)).toEqual(slots[newest]);
  });

  it('completes a store whose creation was cut short', async () => {
    const dir = join(root, 'cut-short');
    await new Outbox(await openStore(dir, 4), options, silent).close();
    rmSync(storePaths(dir).manifest);
    await new Outbox(await openStore(dir, 4), options, silent).close();
    expect(await checkStore(dir)).toMatchObject({ ok: true, clean: true, records: 0 });
  });

  it.each(['half of it', 'none of it', 'all of it'])(
    'opens when a first start was cut short with %s of the manifest written',
    async (how) => {
      const dir = join(root, `first-${how.replaceAll(' ', '-')}`);
      await new Outbox(await openStore(dir, 4), options, silent).close();
      const { manifest } = storePaths(dir);
      renameSync(manifest, `${manifest}.new`);
      if (how === 'half of it') truncateSync(`${manifest}.new`, 20);
      if (how === 'none of it') rmSync(`${manifest}.new`);
      await new Outbox(await openStore(dir, 4), options, silent).close();
      expect(await checkStore(dir)).toMatchObject({ ok: true, clean: true });
    },
  );

  it('opens when a first start was cut short while LevelDB made its files', async () => {
    const whole = join(root, 'first-level');
    await new Outbox(await openStore(whole, 4), options, silent).close();
    const names = readdirSync(storePaths(whole).level);
    for (const [i, missing] of names.entries()) {
      const dir = join(root, `first-level-${i}`);
      mkdirSync(dir);
      cpSync(storePaths(whole).level, `${storePaths(dir).level}.new`, { recursive: true });
      rmSync(join(`${storePaths(dir).level}.new`, missing));
      await new Outbox(await openStore(dir, 4), options, silent).close();
      expect(readdirSync(dir).sort()).toEqual(['store', 'store.manifest']);
    }
  });

  it('keeps what a refused opening has found, and forgets it once all is well', async () => {
    const dir = await crashedStore(root, 'kept');
    const { level, kept } = storePaths(dir);
    const log = readFileSync(fileOf(dir, /\.log$/));
    const manifest = fileOf(dir, /^MANIFEST/);
    const good = readFileSync(manifest);
    truncateSync(manifest, 0);
    await expect(openStore(dir, 4)).rejects.toMatchObject({ code: 'store_damaged' });
    expect(readdirSync(kept).map((name) => readFileSync(join(kept, name)))).toContainEqual(log);
    for (const name of readdirSync(level)) rmSync(join(level, name));
    for (const name of readdirSync(kept)) cpSync(join(kept, name), join(level, name));
    writeFileSync(manifest, good);
    writeFileSync(join(level, 'CURRENT'), `${basename(manifest)}\n`);
    await new Outbox(await openStore(dir, 4), options, silent).close();
    expect(existsSync(kept)).toBe(false);
  });

  it('leaves a directory alone that holds something else', async () => {
    const dir = join(root, 'foreign');
    mkdirSync(storePaths(dir).level, { recursive: true });
    writeFileSync(join(storePaths(dir).level, 'thesis.doc'), 'do not touch');
    await expect(openStore(dir, 4)).rejects.toMatchObject({ code: 'foreign_files' });
    expect(readdirSync(storePaths(dir).level)).toEqual(['thesis.doc']);
  });

  it('says of a missing manifest that it is missing, and counts what can be counted', async () => {
    const dir = await crashedStore(root, 'no-manifest');
    rmSync(storePaths(dir).manifest);
    const { problems, records } = await checkStore(dir);
    expect([problems[0], records]).toEqual([expect.stringContaining('the manifest is missing'), 1000]);
  });

  it('does not call zero what it could not read', async () => {
    const dir = await crashedStore(root, 'unread');
    rmSync(storePaths(dir).level, { recursive: true });
    expect(await checkStore(dir)).toMatchObject({
      problems: [expect.stringContaining('the data is missing')],
      records: undefined,
      bytes: undefined,
      quarantined: undefined,
      dedupeEntries: undefined,
    });
  });

  it('names a missing store', async () => {
    await expect(checkStore(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'store_missing' });
  });
});
