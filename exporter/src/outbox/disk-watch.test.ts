import { tmpdir } from 'node:os';
import { DiskWatch, judgeSpace } from './disk-watch';

const gib = 2 ** 30;

it.each([
  [100 * gib, 1000 * gib, 'ok'],
  [1.5 * gib, 1000 * gib, 'low'],
  [0.9 * gib, 1000 * gib, 'full'],
  [0.2 * gib, gib, 'ok'],
  [0.09 * gib, gib, 'low'],
  [0.04 * gib, gib, 'full'],
])('%d bytes free of %d are %s', (free, size, level) => {
  expect(judgeSpace(free, size)).toBe(level);
});

it('reads a real volume, and keeps its figures when it fails', async () => {
  const failures: unknown[] = [];
  const disk = new DiskWatch(tmpdir(), (error) => failures.push(error));
  await disk.read();
  expect(disk.sizeBytes).toBeGreaterThan(disk.freeBytes);
  expect(failures).toEqual([]);
  const gone = new DiskWatch('/nonexistent/directory', (error) => failures.push(error));
  await gone.read();
  expect(failures).toHaveLength(1);
  expect(gone.level).toBe('ok');
});
