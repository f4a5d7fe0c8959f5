import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ReleaseFolder, sha256Of } from './folder';
import { UsageError } from './project';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-release-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the folder of a release', () => {
  const target = (): string => path.join(folder, 'out');

  test('comes to be whole, with sums, instead of an earlier one', () => {
    for (const text of ['first', 'second']) {
      const release = new ReleaseFolder(target());
      release.write(`${text}.txt`, text);
      release.finish();
      release.discard();
    }
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(target()).sort()).toEqual(['SHA256SUMS', 'second.txt']);
    const sum = sha256Of(path.join(target(), 'second.txt'));
    expect(readFileSync(path.join(target(), 'SHA256SUMS'), 'utf8')).toBe(`${sum}  second.txt\n`);
  });

  test('is left as it was when it fails', () => {
    const release = new ReleaseFolder(target());
    release.write('half.txt', '');
    release.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is never that of something else', () => {
    mkdirSync(target());
    writeFileSync(path.join(target(), 'thesis.txt'), '');
    expect(() => new ReleaseFolder(target())).toThrow(/holds something else \(thesis.txt\)/);
    expect(() => new ReleaseFolder(path.join(target(), 'thesis.txt'))).toThrow(UsageError);
    expect(readdirSync(folder)).toEqual(['out']);
  });
});
