import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { problemsOf, removeOrphans } from './npm-packages';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-release-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('an npm package', () => {
  const good = ['LICENSE', 'README.md', 'package.json', 'dist/main.js', 'templates/service/test/app.test.js'];
  const problems = (files: readonly string[]): readonly string[] =>
    problemsOf({ name: 'p', files: files.map((file) => ({ path: file })) });

  test('is good with what is needed', () => expect(problems(good)).toEqual([]));

  test.each(['LICENSE', 'README.md', 'package.json'])('lacks %s', (name) => {
    expect(problems(good.filter((file) => file !== name))).toEqual([
      expect.stringContaining(`p has no ${name}`),
    ]);
  });

  test.each([
    'src/main.ts',
    'dist/main.test.js',
    'dist/main.js.map',
    'dist/.tsbuildinfo',
    '.npmrc',
    '.env.local',
  ])('would publish %s', (name) =>
    expect(problems([...good, name])).toEqual([expect.stringContaining(`p would publish ${name}`)]),
  );

  test('is not built', () => {
    expect(problems(good.filter((file) => !file.startsWith('dist')))).toEqual([
      'p has nothing in dist: npm run build',
    ]);
  });

  test('what is built of sources that are gone goes; nothing else does', () => {
    const files = [
      'src/a.ts',
      'src/b/c.ts',
      'dist/a.js',
      'dist/a.d.ts',
      'dist/b/c.js.map',
      'dist/b/data.json',
    ];
    const orphans = ['dist/gone.js', 'dist/gone.d.ts', 'dist/b/gone.js.map'];
    for (const file of [...files, ...orphans]) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), '');
    }
    removeOrphans(folder);
    expect([...files, ...orphans].filter((file) => existsSync(path.join(folder, file)))).toEqual(files);
  });
});
