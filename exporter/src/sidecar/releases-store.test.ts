import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyDocumentOf } from '../../test/helpers/release-scenes';
import { ReleaseStore, releasesKept } from './releases-store';

let directory: string;
let file: string;
let problems: Error[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'selfcheer-releases-'));
  file = join(directory, 'data', 'releases.json');
  problems = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (over: { file?: string; now?: () => number } = { file }): Promise<ReleaseStore> =>
  ReleaseStore.open({ now: () => 1_000, ...over, onProblem: (error) => problems.push(error) });
const attempt = (run: string, release = '1.0.0') => verifyDocumentOf({ run, release });
const runsOf = (store: ReleaseStore, limit = 100): string[] =>
  store.list({ before: Infinity, limit }).map(({ document }) => document.run);

test('what was recorded is there after a restart, newest first', async () => {
  const store = await open();
  expect([store.latest, store.count]).toEqual([0, 0]);
  expect(await store.record(attempt('a'), 'ann')).toMatchObject({
    ...{ outcome: 'recorded', release: { number: 1, recordedAt: 1_000, recordedBy: 'ann' } },
  });
  await store.record(attempt('b', '1.1.0'), 'ann');
  await store.record(attempt('c'), 'bob');
  const again = await open();
  expect([again.latest, again.count, runsOf(again)]).toEqual([3, 3, ['c', 'b', 'a']]);
  expect(again.list({ before: 3, limit: 1 })).toEqual([
    { number: 2, recordedAt: 1_000, recordedBy: 'ann', document: attempt('b', '1.1.0') },
  ]);
  expect(again.of('1.0.0').map(({ document }) => document.run)).toEqual(['c', 'a']);
  expect(again.of('1')).toEqual([]);
  expect(problems).toEqual([]);
});

test('a run is recorded once, also when it comes twice at the same time and after a restart', async () => {
  const store = await open();
  const outcomes = await Promise.all([1, 2, 3].map(() => store.record(attempt('a'), 'ann')));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['recorded', 'known', 'known']);
  const again = await open();
  expect((await again.record(attempt('a'), 'bob')).outcome).toBe('known');
  expect(await again.record(attempt('a', '2.0.0'), 'bob')).toMatchObject({
    ...{ outcome: 'conflict', release: { number: 1, recordedBy: 'ann' } },
  });
  expect(again.count).toBe(1);
});

test('the last hundred are kept, and numbers go on', async () => {
  const store = await open({});
  for (let n = 1; n <= releasesKept + 2; n++) await store.record(attempt(`run-${n}`), 'ann');
  expect([store.count, store.latest]).toEqual([100, 102]);
  expect(runsOf(store).at(-1)).toBe('run-3');
});

test('the file is written anew in one step and is nobody else’s', async () => {
  const store = await open();
  await store.record(attempt('a'), 'ann');
  await writeFile(`${file}.tmp`, 'left by a crash');
  await store.record(attempt('b'), 'ann');
  expect(await readdir(join(directory, 'data'))).toEqual(['releases.json']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(directory, 'data'))).mode & 0o777).toBe(0o700);
});

test('what can’t be kept is not recorded, and may be sent again', async () => {
  await writeFile(join(directory, 'data'), 'in the way');
  const store = await open();
  const refused = { code: 'releases_unwritable', retriable: true };
  await expect(store.record(attempt('a'), 'ann')).rejects.toMatchObject(refused);
  expect(store.count).toBe(0);
  // It was no file that could be read either.
  expect(problems).toHaveLength(1);
  await rm(join(directory, 'data'));
  const later = await open();
  expect((await later.record(attempt('a'), 'ann')).outcome).toBe('recorded');
});

test('a disk that is in the way for a while holds up nothing later', async () => {
  const store = await open();
  await writeFile(join(directory, 'data'), 'in the way');
  await expect(store.record(attempt('a'), 'ann')).rejects.toMatchObject({ code: 'releases_unwritable' });
  await rm(join(directory, 'data'));
  expect((await store.record(attempt('a'), 'ann')).outcome).toBe('recorded');
});

test.each([
  ['no JSON', () => 'half a fi'],
  ['another file', () => '{"format":"else","next_number":4,"releases":[]}'],
  ['an attempt of another kind', (text: string) => text.replace('"published"', '"advertised"')],
  [
    'a verdict that is not that of its gates',
    (text: string) => text.replace('"verdict":"pass"', '"verdict":"fail"'),
  ],
  ['numbers out of order', (text: string) => text.replace('"number":2', '"number":1')],
])('what can’t be read (%s) is told, and a copy stays', async (_name, damage) => {
  const store = await open();
  await store.record(attempt('a'), 'ann');
  await store.record(attempt('b'), 'ann');
  const damaged = damage(await readFile(file, 'utf8'));
  await writeFile(file, damaged);
  const again = await open();
  expect(again.count).toBeLessThan(2);
  expect(problems).toEqual([expect.objectContaining({ message: expect.stringContaining('.unreadable') })]);
  await again.record(attempt('c'), 'ann');
  expect(await readFile(`${file}.unreadable`, 'utf8')).toBe(damaged);
  problems = [];
  expect(runsOf(await open())[0]).toBe('c');
  expect(problems).toEqual([]);
});
