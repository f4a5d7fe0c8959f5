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
  [gib, 0.01 * gib, 4 * mib],
  [64 * mib, 8 * mib, mib],
  [16 * mib, 2 * mib, mib],
])('on a disk of %d bytes the ballast has %d, for write buffers of %d', (size, ballast, buffer) => {
  expect(ballastFor(80 * mib, size)).toBe(Math.floor(ballast));
  expect(writeBufferFor(size)).toBe(buffer);
});

describe('DiskWatch', () => {
  let dir: string;
  let free: number;
  let now: number;
  let failures: unknown[];
  let notes: string[];
  let options: DiskWatchOptions;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'disk-'));
    [free, now, failures, notes] = [600 * mib, 0, [], []];
    options = {
      ballastBytes: 3 * mib,
      failed: (_error, what) => failures.push(what),
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
