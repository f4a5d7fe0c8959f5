import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, '..');
const readme = readFileSync(path.join(folder, 'README.md'), 'utf8');

/** File and name of each row; of a name that is put together, its beginning. */
function rows(): [file: string, name: string][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => {
      const code = readFileSync(path.join(folder, name), 'utf8');
      return [...code.matchAll(/^\s*faultRow\(\s*(?:'([^']*)'|`([^$`]*))/gm)].map(
        ([, plain, begun]): [string, string] => [name.replace(/\.test\.ts$/, ''), plain ?? begun ?? ''],
      );
    });
}

const lines = readme.split('\n').filter((line) => line.startsWith('| '));

test('every row is in the list of the README, beside its file', () => {
  const all = rows();
  expect(all.length).toBeGreaterThan(20);
  const isListed = ([file, name]: [string, string]) =>
    lines.some((line) => {
      const [, , files = '', names = ''] = line.split('|').map((cell) => cell.trim());
      return files.split(', ').includes(file) && names.includes(`\`${name.split(':')[0]}`);
    });
  expect(all.filter((row) => !isListed(row))).toEqual([]);
});

test('every row in the list of the README is there', () => {
  const names = lines
    .flatMap((line) => [...(line.split('|')[3] ?? '').matchAll(/`([^`]+)`/g)])
    .map(([, name = '']) => name.replace('…', '').trim());
  expect(names.length).toBeGreaterThan(20);
  const known = rows().map(([, name]) => name);
  expect(names.filter((name) => !known.some((row) => row.startsWith(name)))).toEqual([]);
});
