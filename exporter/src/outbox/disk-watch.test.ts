import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as fsp from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ballastFor, ballastPath, releaseBallast, writeBufferFor } from './ballast';
import { DiskWatch, judgeSpace, type DiskLevel, type DiskWatchOptions } from './disk-watch';

jest.mock('node:fs/promises', () => ({
  __esModule: true,
  ...jest.requireActual<object>('node:fs/promises'),
}));

const mib = 2 ** 20;
const gib = 2 ** 30;

it.each([
  [100 * gib, 1000 * gib, 'ok', 'ok'],
  [1.5 * gib, 1000 * gib, 'ok', 'low'],
  [0.9 * gib, 1000 * gib, 'low', 'full'],
  [0.2 * gib, gib, 'ok', 'ok'],
  [0.09 * gib, gib, 'ok', 'low'],
  [0.04 * gib, gib, 'ok', 'full'],
  // On a small disk LevelDB's compactions are what counts.
  [40 * mib, 64 * mib, 'ok', 'ok'],
  [20 * mib, 64 * mib, 'ok', 'low'],
  [13 * mib, 64 * mib, 'ok', 'full'],
  // At the edge it stays what it is.
  [1.05 * gib, 1000 * gib, 'full', 'full'],
  [1.15 * gib, 1000 * gib, 'full', 'low'],
  [2.1 * gib, 1000 * gib, 'low', 'low'],
  [2.1 * gib, 1000 * gib, 'ok', 'ok'],
  [2.3 * gib, 1000 * gib, 'full', 'ok'],
] as const)('%d bytes free of %d after %s are %s', (free, size, before, level) => {
  expect(judgeSpace(free, size, before)).toBe(level satisfies DiskLevel);
});

it.each([
  [1000 * gib, 80 * mib, 32 * mib],
  [8 * gib, 80 * mib, 32 * mib],
  [gib, 42 * mib, 4 * mib],
  [64 * mib, 14 * mib, mib / 2],
  [16 * mib, 4 * mib, mib / 2],
])('on a disk of %d bytes the ballast has %d, for write buffers of %d', (size, ballast, buffer) => {
  expect(ballastFor(80 * mib, size)).toBe(Math.floor(ballast));
  expect(writeBufferFor(size)).toBe(buffer);
});

describe('DiskWatch', () => {
  let dir: string;
  let free: number;
  let now: number;
  let shorts: number[];
  let taken: { bytes: number; waiting: number };
  let failures: unknown[];
  let notes: string[];
  let options: DiskWatchOptions;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'disk-'));
    shorts = [];
    [free, now, taken, failures, notes] = [600 * mib, 0, { bytes: 0, waiting: 0 }, [], []];
    options = {
      ballastBytes: 3 * mib,
      failed: (_error, what) => failures.push(what),
      taken: () => taken,
      short: () => shorts.push(free),
      note: (what) => notes.push(what),
      now: () => now,
    };
    jest
      .spyOn(fsp, 'statfs')
      .mockImplementation((() =>
        Promise.resolve({ bavail: free / 4096, blocks: gib / 4096, bsize: 4096 })) as never);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(dir, { recursive: true });
  });

  /** As it is half a minute after the start. */
  async function ballasted(disk: DiskWatch): Promise<void> {
    await disk.begin();
    now += 30_000;
    await disk.read();
  }

  it('reads a real volume, and keeps its figures when it fails', async () => {
    jest.restoreAllMocks();
    const disk = new DiskWatch(tmpdir(), options);
    await disk.read();
    expect(disk.sizeBytes).toBeGreaterThan(disk.freeBytes);
    expect(failures).toEqual([]);
    const gone = new DiskWatch('/nonexistent/directory', options);
    await gone.read();
    expect(failures).toEqual(['free space can not be read']);
    expect(gone.level).toBe('ok');
  });

  it('makes a ballast of real blocks, once, and removes what an earlier one left unfinished', async () => {
    writeFileSync(`${ballastPath(dir)}.new`, 'half');
    const disk = new DiskWatch(dir, options);
    await ballasted(disk);
    const { size, blocks, mtimeMs } = statSync(ballastPath(dir));
    expect(size).toBe(3 * mib);
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
    expect(existsSync(`${ballastPath(dir)}.new`)).toBe(false);
    await ballasted(new DiskWatch(dir, options));
    expect(statSync(ballastPath(dir)).mtimeMs).toBe(mtimeMs);
  });

  it('gives it away when the room runs out, does not count that as room, and makes it again after a while', async () => {
    const disk = new DiskWatch(dir, options);
    await ballasted(disk);
    free = 0.5 * mib;
    await disk.read();
    expect([existsSync(ballastPath(dir)), disk.level]).toEqual([false, 'full']);
    expect(notes.at(-1)).toBe('the ballast was released');
    // At 5 % of it is refused; what the ballast gave counts for nothing.
    free = 0.05 * gib * 1.1 + 2 * mib;
    await disk.read();
    expect(disk.level).toBe('full');
    free = 300 * mib;
    await disk.read();
    now += 29_000;
    await disk.read();
    expect([existsSync(ballastPath(dir)), disk.level]).toEqual([false, 'ok']);
    now += 1_000;
    await disk.read();
    expect(existsSync(ballastPath(dir))).toBe(true);
    expect(notes.at(-1)).toBe('the ballast is there again');
  });

  it('notices that an opening of the store has given it away, and waits for room', async () => {
    const disk = new DiskWatch(dir, options);
    await ballasted(disk);
    free = 60 * mib;
    releaseBallast(dir);
    for (const end = now + 100_000; now < end; now += 10_000) await disk.read();
    expect(existsSync(ballastPath(dir))).toBe(false);
    expect(notes.at(-1)).toBe('the ballast was released');
    expect(disk.level).toBe('low');
  });

  it('counts what the store takes in as used until the space is read again', async () => {
    const disk = new DiskWatch(dir, options);
    await disk.begin();
    free = 150 * mib;
    await disk.read();
    taken = { bytes: 30 * mib, waiting: 25 * mib };
    expect(disk.level).toBe('low');
    taken = { bytes: 60 * mib, waiting: 25 * mib };
    expect(disk.level).toBe('full');
    // That was enough to have it read again, by itself; what still waits then is in no figure of the disk.
    await new Promise((resolve) => setImmediate(resolve));
    await disk.read();
    expect(disk.level).toBe('low');
    await disk.read();
    taken = { bytes: 60 * mib, waiting: 0 };
    await disk.read();
    expect(disk.level).toBe('ok');
    taken = { bytes: 0, waiting: 0 };
    expect(disk.level).toBe('ok');
  });

  it('reads again without its timer once much of what is left may be used up', async () => {
    const disk = new DiskWatch(dir, options);
    await disk.begin();
    const readings = jest.mocked(fsp.statfs).mock.calls.length;
    taken = { bytes: 0.05 * mib, waiting: 0 };
    expect([disk.level, jest.mocked(fsp.statfs).mock.calls.length]).toEqual(['ok', readings]);
    taken = { bytes: 100 * mib, waiting: 0 };
    expect([disk.level, jest.mocked(fsp.statfs).mock.calls.length]).toEqual(['ok', readings + 1]);
  });

  it('asks for room while there is too little, but not for the last of it', async () => {
    const disk = new DiskWatch(dir, options);
    for (free of [300 * mib, 60 * mib, 40 * mib, 30 * mib, 0.1 * mib, 20 * mib]) await disk.read();
    expect(shorts).toEqual([60 * mib, 40 * mib, 30 * mib, 20 * mib]);
  });

  it('makes a small ballast before anything is accepted, a large one when there has been room for a while', async () => {
    await new DiskWatch(dir, options).begin();
    expect(existsSync(ballastPath(dir))).toBe(true);
    releaseBallast(dir);
    const disk = new DiskWatch(dir, { ...options, ballastBytes: 20 * mib });
    await disk.begin();
    expect(existsSync(ballastPath(dir))).toBe(false);
    await ballasted(disk);
    expect(existsSync(ballastPath(dir))).toBe(true);
  });

  it('makes none on a disk with little room, and none when none is wanted', async () => {
    free = 80 * mib;
    await ballasted(new DiskWatch(dir, options));
    expect(existsSync(ballastPath(dir))).toBe(false);
    free = 600 * mib;
    await ballasted(new DiskWatch(dir, options));
    expect(existsSync(ballastPath(dir))).toBe(true);
    await ballasted(new DiskWatch(dir, { ...options, ballastBytes: 0 }));
    expect(existsSync(ballastPath(dir))).toBe(false);
    expect(failures).toEqual([]);
  });
});
