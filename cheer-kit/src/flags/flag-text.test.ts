import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlagText } from './flag-text';

const MiB = 2 ** 20;
let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flags-'));
  file = join(dir, 'flags.json');
});
afterEach(() => rm(dir, { recursive: true }));

test('reads a file as a whole, also behind a link', async () => {
  const text = `${'é'.repeat(MiB / 2 - 1)}x`;
  await writeFile(file, text);
  await symlink(file, join(dir, 'link'));
  expect(await readFlagText(join(dir, 'link'))).toBe(text);
  await writeFile(file, '');
  expect(await readFlagText(file)).toBe('');
});

test('takes a mebibyte and not a byte more', async () => {
  await writeFile(file, 'x'.repeat(MiB));
  expect(await readFlagText(file)).toHaveLength(MiB);
  await truncate(file, MiB + 1);
  await expect(readFlagText(file)).rejects.toThrow('more than the 1048576 bytes');
  await truncate(file, 2 ** 40);
  await expect(readFlagText(file)).rejects.toThrow('more than the 1048576 bytes');
});

test('a pipe that nobody writes to is refused at once, as often as it is tried', async () => {
  execFileSync('mkfifo', [file]);
  // More than there are threads for files: each would be held.
  for (let i = 0; i < 8; i++) await expect(readFlagText(file)).rejects.toThrow('no regular file');
});

test.each(['/dev/zero', '/dev/null', '/'])('%s is refused', async (name) => {
  await expect(readFlagText(name)).rejects.toThrow('no regular file');
});

test('a file that is not there is told as such', async () => {
  await expect(readFlagText(file)).rejects.toThrow('ENOENT');
});
