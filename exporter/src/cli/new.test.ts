import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { runIn } from '../../test/helpers/cli';
import { ownPackage, serviceFiles } from './new-files';
import { parseSloFile } from './rules-file';

let cwd: string;
beforeEach(() => (cwd = mkdtempSync(join(tmpdir(), 'selfcheer-cli-new-'))));
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const read = (path: string): string => readFileSync(join(cwd, path), 'utf8');
const filesOf = (folder: string): string[] =>
  readdirSync(join(cwd, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(cwd, folder).length + 1));

interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

describe('selfcheer new', () => {
  test('makes a service with test, image, chart, SLOs and dashboard, and says what comes next', async () => {
    const { code, out, err } = await runIn(cwd, ['new', 'shop']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^shop is in shop: \d+ files\.\n\n {2}cd shop\n {2}npm install\n/);
    expect(filesOf('shop')).toEqual(
      expect.arrayContaining([
        '.dockerignore',
        '.gitignore',
        'Dockerfile',
        'README.md',
        'chart/Chart.yaml',
        'chart/dashboard.json',
        'chart/templates/deployment.yaml',
        'chart/values.yaml',
        'package.json',
        'prometheus.yml',
        'slos.yml',
        'src/main.js',
        'test/app.test.js',
      ]),
    );
    expect(filesOf('shop').filter((file) => /(^|\/)_/.test(file))).toEqual([]);
  });

  test('puts the name wherever it belongs', async () => {
    await runIn(cwd, ['new', 'shop-api']);
    expect(filesOf('shop-api').filter((file) => read(`shop-api/${file}`).includes('SERVICE-NAME'))).toEqual(
      [],
    );
    expect((JSON.parse(read('shop-api/package.json')) as Manifest).name).toBe('shop-api');
    expect(parse(read('shop-api/chart/Chart.yaml'))).toMatchObject({ name: 'shop-api' });
    expect(JSON.parse(read('shop-api/chart/dashboard.json'))).toMatchObject({ uid: 'shop-api' });
    expect(parseSloFile(read('shop-api/slos.yml'), 'slos.yml')).toMatchObject({
      slos: [{ service: 'shop-api' }],
    });
    const { scrape_configs: scrapes } = parse(read('shop-api/prometheus.yml')) as {
      scrape_configs: readonly object[];
    };
    expect(scrapes).toMatchObject([{ static_configs: [{ labels: { service: 'shop-api' } }] }]);
    expect(read('shop-api/src/service.js')).toContain("name: 'shop-api'");
  });

  test('asks the registry for the version of the kit that belongs to this command', async () => {
    await runIn(cwd, ['new', 'shop']);
    const { dependencies, devDependencies } = JSON.parse(read('shop/package.json')) as Manifest;
    const own = ownPackage();
    expect(dependencies).toEqual({
      '@selfcheer/cheer-kit': `^${own.version}`,
      express: own.dependencies.express,
    });
    expect(devDependencies).toEqual({ '@selfcheer/exporter': `^${own.version}` });
  });

  test('or takes the tarballs of a folder, by their way from the service', async () => {
    const { version } = ownPackage();
    const names = [`selfcheer-cheer-kit-${version}.tgz`, `selfcheer-exporter-${version}.tgz`];
    mkdirSync(join(cwd, 'packs'));
    writeFileSync(join(cwd, 'packs', names[0]!), '');
    const missing = await runIn(cwd, ['new', 'shop', '--packages', 'packs']);
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining(`${names[1]} is not there`)]);
    expect(existsSync(join(cwd, 'shop'))).toBe(false);

    writeFileSync(join(cwd, 'packs', names[1]!), '');
    await runIn(cwd, ['new', 'shop', '--dir', 'services/shop', '--packages', 'packs']);
    const { dependencies, devDependencies } = JSON.parse(read('services/shop/package.json')) as Manifest;
    expect(dependencies['@selfcheer/cheer-kit']).toBe(`file:../../packs/${names[0]}`);
    expect(devDependencies['@selfcheer/exporter']).toBe(`file:../../packs/${names[1]}`);
  });

  test.each(['here', 'a fresh repository'])('takes an empty folder: %s', async (kind) => {
    if (kind !== 'here') mkdirSync(join(cwd, '.git'));
    const { code, out } = await runIn(cwd, ['new', 'shop', '--dir', '.']);
    expect(code).toBe(0);
    expect(out).toMatch(/^shop is in this folder: .*\n\n {2}npm install\n/);
    expect(existsSync(join(cwd, 'package.json'))).toBe(true);
  });

  test('every command that its README, its scripts and the last words name is one', async () => {
    const { out } = await runIn(cwd, ['new', 'shop']);
    const { scripts } = JSON.parse(read('shop/package.json')) as Manifest;
    const guide = readFileSync(join(__dirname, '../../../docs/onboarding.md'), 'utf8');
    const texts = `${out}${read('shop/README.md')}${guide}`;
    const told = [...texts.matchAll(/npm (?:run )?(\w+)/g)].map(([, word]) => word);
    expect(told).toEqual(expect.arrayContaining(['start', 'test', 'page', 'conform', 'rules']));
    expect(told.filter((word = '') => !['install', 'pack'].includes(word) && !(word in scripts))).toEqual([]);
    const files = filesOf('shop');
    const named = [...texts.matchAll(/`((?:src|test|chart)\/[\w.]+|[a-z]+\.yml)`/g)];
    expect(named.map(([, file]) => file).filter((file = '') => !files.includes(file))).toEqual([]);
  });
});

describe('what can not be made ends it with 2, and nothing is written', () => {
  test.each([
    ['Shop', 'only a-z, 0-9 and - may be in it'],
    ['../shop', 'only a-z, 0-9 and - may be in it'],
    ['@team/shop', 'only a-z, 0-9 and - may be in it'],
    ['shop api', 'only a-z, 0-9 and - may be in it'],
    ['7shop', 'it must begin with a letter'],
    ['shop-', 'it must not end with -'],
    ['', 'it must begin with a letter'],
    ['s'.repeat(41), 'it has 41 characters, and Grafana takes 40'],
  ])('the name %j', async (name, problem) => {
    const { code, err } = await runIn(cwd, ['new', name]);
    expect([code, err]).toEqual([2, expect.stringContaining(problem)]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('the longest name is one', async () => {
    expect((await runIn(cwd, ['new', 's'.repeat(40)])).code).toBe(0);
  });

  test('a folder that is not empty', async () => {
    mkdirSync(join(cwd, 'shop'));
    writeFileSync(join(cwd, 'shop/notes.txt'), 'mine');
    const { code, err } = await runIn(cwd, ['new', 'shop']);
    expect([code, err]).toEqual([2, expect.stringContaining('shop is not empty (notes.txt)')]);
    expect(readdirSync(join(cwd, 'shop'))).toEqual(['notes.txt']);
  });

  test('a file in the place of the folder, or of one above it', async () => {
    writeFileSync(join(cwd, 'shop'), 'mine');
    expect(await runIn(cwd, ['new', 'shop'])).toMatchObject({ code: 2 });
    expect(await runIn(cwd, ['new', 'shop', '--dir', 'shop/below'])).toMatchObject({ code: 2 });
    expect(read('shop')).toBe('mine');
  });

  test('a place where only some of the files can be: what was written goes again', async () => {
    // Room for the short paths only, on systems where one has 4,096 bytes at the most.
    let deep = cwd;
    while (deep.length < 4_060) deep = join(deep, 'd'.repeat(Math.min(200, 4_070 - deep.length)));
    const { code, err } = await runIn(cwd, ['new', 'shop', '--dir', deep]);
    expect([code, err]).toEqual([1, expect.stringMatching(/Can't write the service: .*ENAMETOOLONG/)]);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

test('where there are no templates, as in the image, it says where there are', () => {
  expect(() => serviceFiles('shop', { kit: '*', cli: '*' }, join(cwd, 'templates'))).toThrow(
    `run npx @selfcheer/exporter@${ownPackage().version} new shop`,
  );
});

test('the image of a new service stands on the same bases as that of the exporter', () => {
  const bases = (file: string): string[] =>
    [...readFileSync(join(__dirname, '../../..', file), 'utf8').matchAll(/^FROM (\S+)/gm)].map(
      ([, base = '']) => base,
    );
  const own = bases('exporter/templates/service/Dockerfile');
  expect(own).toHaveLength(2);
  expect(bases('deploy/docker/exporter.Dockerfile')).toEqual(expect.arrayContaining(own));
});
