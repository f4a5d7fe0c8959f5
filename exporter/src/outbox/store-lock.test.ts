import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent } from '../event';
import { checkStore } from './check';
import { Outbox } from './outbox';
import { salvageStore, type SalvageOptions } from './salvage';
import { openStore, storePaths } from './store';
import { salvagePaths } from './swap';

jest.setTimeout(60_000);

const salvaging: SalvageOptions = { dryRun: false, lanes: 2, progress: () => undefined, now: () => 0 };
let root: string;
let dir: string;
let level: string;
let holder: ChildProcess | undefined;

/** A store with a few events, closed properly. */
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'store-lock-'));
  dir = join(root, 'data');
  level = storePaths(dir).level;
  const outbox = new Outbox(
    await openStore(dir, 2),
    {
      dedupe: { windowSeconds: 60, maxIds: 1_000, onConflict: 'upsert' },
      quotaBytes: 2 ** 30,
      queueBytes: 2 ** 26,
    },
    { committed: () => undefined, fenced: () => undefined },
  );
  const events = Array.from({ length: 100 }, (_, n) =>
    createEvent(
      { id: `e${n}`, payload: Buffer.from('{}') },
      { receivedAt: 0, tenant: 'default', traffic: 'real' },
      { source: '/s', type: 't' },
    ),
  );
  await outbox.append(events);
  await outbox.close();
});

afterEach(async () => {
  jest.restoreAllMocks();
  if (holder?.exitCode === null) {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
  holder = undefined;
  rmSync(root, { recursive: true, force: true });
});

/** Another process has the store: LevelDB's lock does not keep a process from itself. */
async function hold(path: string): Promise<void> {
  const script = `const { ClassicLevel } = require('classic-level');
    new ClassicLevel(process.argv[1]).open().then(() => console.log('open'));
    setInterval(() => undefined, 1000);`;
  holder = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout!, 'data');
}

function damage(): void {
  truncateSync(storePaths(dir).manifest, 0);
}

const names = (): string[] => (readdirSync(dir, { recursive: true }) as string[]).sort();

/** A file system without hard links, or with `EXDEV` a store on one of its own. */
function noHardLinks(code: string): void {
  jest.spyOn(fs, 'linkSync').mockImplementation(() => {
    throw Object.assign(new Error(code), { code });
  });
}

describe('a store in use', () => {
  it('is not checked, by its own name, and nothing of the check is left beside it', async () => {
    await hold(level);
    const before = names();
    const error: unknown = await checkStore(dir).catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'store_locked' });
    expect((error as Error).message).toContain(`${level} is in use`);
    expect(names()).toEqual(before);
  });

  it.each(['EPERM', 'EXDEV'])('is noticed without hard links, too (%s)', async (code) => {
    damage();
    await hold(level);
    noHardLinks(code);
    await expect(checkStore(dir)).rejects.toMatchObject({ code: 'store_locked' });
    await expect(salvageStore(dir, salvaging)).rejects.toMatchObject({ code: 'store_locked' });
  });

  it('may be one where nobody can tell: that is refused, with what to do', async () => {
    damage();
    noHardLinks('EPERM');
    jest.spyOn(fs, 'symlinkSync').mockImplementation(() => {
      throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    });
    const before = names();
    for (const act of [() => checkStore(dir), () => salvageStore(dir, salvaging)]) {
      const error: unknown = await act().catch((one: unknown) => one);
      expect(error).toMatchObject({ code: 'usage' });
      expect((error as Error).message).toContain('--to');
    }
    expect(names()).toEqual(before);
  });
});

describe('two salvages at once', () => {
  /** One is done, the other refused. */
  async function race(salvages: Promise<{ saved: number }>[]): Promise<void> {
    const outcomes = await Promise.allSettled(salvages);
    const done = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toEqual([expect.objectContaining({ code: 'store_locked' })]);
    expect((refused[0] as Error).message).toContain('in use by another');
    expect(done).toEqual([expect.objectContaining({ saved: 100 })]);
  }

  it.each(['LOCK', 'nothing that tells'])('of one store: the second is refused (%s)', async (what) => {
    damage();
    if (what !== 'LOCK') rmSync(join(level, 'LOCK'));
    await race([salvageStore(dir, salvaging), salvageStore(dir, salvaging)]);
    expect(await checkStore(dir)).toMatchObject({ ok: true, records: 100 });
    expect(names()).not.toContain('store.salvage.lock');
  });

  it('of two stores into one directory: the second is refused', async () => {
    damage();
    const other = join(root, 'other');
    cpSync(dir, other, { recursive: true });
    const to = join(root, 'to');
    await race([salvageStore(dir, { ...salvaging, to }), salvageStore(other, { ...salvaging, to })]);
    expect(await checkStore(to)).toMatchObject({ ok: true, records: 100 });
    expect(readdirSync(to).sort()).toEqual(['salvage-19700101T000000Z', 'store', 'store.manifest']);
  });

  it('of two processes: the second touches nothing, and is free to when the first is killed', async () => {
    damage();
    rmSync(join(level, 'LOCK'));
    const { work, journal } = salvagePaths(dir);
    const lock = join(dir, 'store.salvage.lock');
    mkdirSync(lock);
    await hold(lock);
    mkdirSync(work);
    writeFileSync(join(work, 'of-the-first'), '');
    writeFileSync(journal, 'of the first');
    // LevelDB begins a new LOG before it tries a lock.
    const others = (): string[] => names().filter((name) => !name.startsWith('store.salvage.lock'));
    const before = others();
    await expect(salvageStore(dir, salvaging)).rejects.toMatchObject({ code: 'store_locked' });
    expect(others()).toEqual(before);
    holder!.kill('SIGKILL');
    await once(holder!, 'exit');
    holder = undefined;
    rmSync(journal);
    expect((await salvageStore(dir, salvaging)).saved).toBe(100);
    expect(names()).not.toContain('store.salvage.lock');
  });

  it('a lock that a power loss has torn keeps nobody out', async () => {
    damage();
    const lock = join(dir, 'store.salvage.lock');
    mkdirSync(lock);
    for (const name of ['LOCK', 'CURRENT', 'MANIFEST-000002']) writeFileSync(join(lock, name), '');
    expect((await salvageStore(dir, salvaging)).saved).toBe(100);
    expect(names()).not.toContain('store.salvage.lock');
  });
});

describe('a store of which nothing can be saved', () => {
  /** Every row file in which anything could be. */
  function ruin(): void {
    for (const name of readdirSync(level).filter((one) => /\.(log|ldb|sst)$/.test(one))) {
      const file = join(level, name);
      writeFileSync(file, Buffer.alloc(readFileSync(file).length, 0xa5));
    }
  }

  it.each([true, false])('stays in its place (in place: %s), and a dry run says why', async (isInPlace) => {
    ruin();
    const before = names();
    const to = isInPlace ? {} : { to: join(root, 'to') };
    const error: unknown = await salvageStore(dir, { ...salvaging, ...to }).catch((one: unknown) => one);
    expect(error).toMatchObject({ name: 'StoreError', code: 'store_damaged' });
    expect((error as Error).message).toContain('Nothing could be saved');
    expect(names()).toEqual(before);
    if (!isInPlace) expect(readdirSync(join(root, 'to'))).toEqual([]);
    expect(await salvageStore(dir, { ...salvaging, dryRun: true })).toMatchObject({ saved: 0, lost: 100 });
  });
});

it('what a killed check has left is removed as the store is opened', async () => {
  mkdirSync(`${level}.checking-abcdef`);
  const store = await openStore(dir, 2);
  await store.manifest.close(undefined);
  await store.db.close();
  expect(readdirSync(dir)).not.toContain('store.checking-abcdef');
});

it('a store on a volume of its own is not swapped, which is found out before anything is written', async () => {
  damage();
  noHardLinks('EXDEV');
  const before = names();
  const error: unknown = await salvageStore(dir, salvaging).catch((one: unknown) => one);
  expect(error).toMatchObject({ code: 'usage' });
  expect((error as Error).message).toContain('--to');
  expect(names()).toEqual(before);
  const report = await salvageStore(dir, { ...salvaging, to: join(root, 'other') });
  expect(report.saved).toBe(100);
});

describe('interrupted', () => {
  it.each(['repairing a copy', 'reading', 'verifying'])(
    'a salvage leaves all as it was (%s)',
    async (phase) => {
      damage();
      const before = names();
      const stop = new AbortController();
      const reached = new Set<string>();
      const progress = (at: string): void => {
        reached.add(at);
        if (at === phase) stop.abort('SIGINT');
      };
      const salvage = salvageStore(dir, { ...salvaging, progress, signal: stop.signal });
      await expect(salvage).rejects.toMatchObject({ code: 'interrupted' });
      expect([...reached].at(-1)).toBe(phase);
      expect(names()).toEqual(before);
      // And nobody holds its lock.
      expect((await salvageStore(dir, salvaging)).saved).toBe(100);
    },
  );

  it('a check ends', async () => {
    const before = names();
    await expect(checkStore(dir, AbortSignal.abort('SIGINT'))).rejects.toMatchObject({ code: 'interrupted' });
    expect(names()).toEqual(before);
  });
});
