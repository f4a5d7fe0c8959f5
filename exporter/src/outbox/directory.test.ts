import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { dataDirectoryProblem, ensureDirectory } from './directory';
import { openStore } from './store';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'directory-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('makes the missing levels, for this user only, and is content with what is there', () => {
  const path = join(root, 'a', 'b');
  ensureDirectory(path);
  ensureDirectory(path);
  expect([join(root, 'a'), path].map((level) => statSync(level).mode & 0o777)).toEqual([0o700, 0o700]);
});

test.each([
  ['a file', 'file', 'file is not a directory'],
  ['a file further up', 'file/a/b', 'file is not a directory'],
])('%s is refused as wrong usage with what to do', async (_what, path, why) => {
  writeFileSync(join(root, 'file'), '');
  const refusal = await openStore(join(root, path), 4).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(UsageError);
  const { message } = refusal as UsageError;
  expect(message).toContain(`The data directory ${join(root, path)} can't be used: `);
  expect(message).toContain(why);
  expect(message).toContain('Make it writable for this user, or set SELFCHEER_DATA_DIR.');
});

test('a place where the store can not lie is refused', async () => {
  writeFileSync(join(root, 'store'), '');
  await expect(openStore(root, 4)).rejects.toThrow(UsageError);
});

test.each([
  ['EACCES', 'this user has no permission'],
  ['EROFS', 'its file system is read-only'],
  ['ENOSPC', 'its disk is full'],
])('%s is said in words', (code, why) => {
  const error = Object.assign(new Error(`${code}: x`), { code, syscall: 'mkdir', path: '/data' });
  expect(dataDirectoryProblem('/data', error)).toMatchObject({
    code: 'usage',
    message: `The data directory /data can't be used: ${why}. Make it writable for this user, or set SELFCHEER_DATA_DIR.`,
  });
  expect(dataDirectoryProblem('/data', Object.assign(error, { path: '/data/store' }))).toMatchObject({
    message: expect.stringContaining(`${why} (/data/store). `) as string,
  });
});

test('what is no fault of the file system stays what it is', () => {
  mkdirSync(join(root, 'x'));
  const bug = new TypeError('a bug');
  expect(dataDirectoryProblem(root, bug)).toBe(bug);
});
