import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from './clock';
import { readEventFile } from './event-file';
import { RecentEvents, recentEventsCapacity } from './recent-events';
import type { CheerEvent } from './verdict';

let dir: string;
let file: string;
let problems: Error[];
const onProblem = (error: Error): void => void problems.push(error);
const clock = new ManualClock();
const open = (): Promise<RecentEvents> => RecentEvents.open({ file, onProblem, clock });
const event = { kind: 'miss', reason: 'timeout', title: 'Missed', detail: 'late' } as const;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'recent-'));
  file = join(dir, 'state', 'events.ndjson');
  problems = [];
});
afterEach(() => rm(dir, { recursive: true }));

test('numbers grow, readers go on from the last one they saw, subscribers hear of each', async () => {
  const ring = await RecentEvents.open({ onProblem, clock });
  const heard: CheerEvent[] = [];
  const leave = ring.subscribe((added) => heard.push(added));
  ring.add(event);
  clock.advance(1);
  ring.add({ kind: 'state', state: 'green', title: 'All is well', detail: '' });
  leave();
  ring.add(event);
  expect(ring.since(0).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(ring.since(2).map(({ sequence }) => sequence)).toEqual([3]);
  expect(ring.since(3)).toEqual([]);
  expect(heard).toMatchObject([{ sequence: 1 }, { sequence: 2, at: clock.now() }]);
});

test('a reader with a number of another life gets everything', async () => {
  const ring = await RecentEvents.open({ onProblem, clock });
  ring.add(event);
  expect(ring.since(999)).toHaveLength(1);
});

test('keeps the last 200 and cuts long texts', async () => {
  const ring = await RecentEvents.open({ onProblem, clock });
  for (let i = 0; i < recentEventsCapacity + 5; i++) ring.add({ ...event, detail: 'x'.repeat(10_000) });
  expect(ring.since(0)).toHaveLength(recentEventsCapacity);
  expect(ring.since(0)[0]).toMatchObject({ sequence: 6, detail: `${'x'.repeat(499)}…` });
});

test('what handlers failed with stands nowhere with its secrets', async () => {
  const ring = await open();
  const heard: CheerEvent[] = [];
  ring.subscribe((added) => heard.push(added));
  const title = 'orders: token=hunter2';
  const detail = `${'x '.repeat(230)}connect postgres://u:hunter2@db failed`;
  const added = ring.add({ ...event, title, detail });
  await ring.close();
  const told = [added, ring.since(0), heard, await readFile(file, 'utf8')];
  expect(JSON.stringify(told)).not.toContain('hunter');
  expect(added).toMatchObject({
    title: 'orders: token=[redacted]',
    detail: expect.stringContaining('postgres://u:[redac'),
  });
});

test('survives a restart and counts on', async () => {
  const before = await open();
  const added = [before.add(event), before.add({ ...event, detail: 'two\nlines "quoted"' })];
  await before.close();
  const after = await open();
  expect(after.since(0)).toEqual(added);
  expect(after.add(event).sequence).toBe(3);
  await after.close();
  expect(problems).toEqual([]);
  expect(await readdir(join(dir, 'state'))).toEqual(['events.ndjson']);
});

test('many events are written at once, half a second later; after a crash no number is used twice', async () => {
  const ring = await open();
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
  try {
    for (let i = 0; i < 10; i++) ring.add(event);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(499);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    jest.advanceTimersByTime(1);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
  while ((await readEventFile(file)).events.length === 0) await new Promise(setImmediate);
  // The crash: this ring is never closed, and its next event never written.
  const lost = ring.add(event).sequence;
  const after = await open();
  expect(after.since(0)).toHaveLength(10);
  expect(after.add(event).sequence).toBeGreaterThan(lost);
  await Promise.all([ring.close(), after.close()]);
});

describe('a file that does not add up: starts empty and says so', () => {
  const header = (changes: object = {}): string =>
    JSON.stringify({ format: 'selfcheer-recent-events/1', next_sequence: 9, count: 1, ...changes });
  const line = (changes: object = {}): string => JSON.stringify({ ...event, sequence: 1, at: 1, ...changes });
  test.each([
    ['rubbish', 'not json'],
    ['nothing at all', ''],
    ['no header', line()],
    ['another format', `${header({ format: 'x' })}\n${line()}`],
    ['cut short', header()],
    ['half a line', `${header()}\n${line().slice(0, 20)}`],
    ['a kind that does not exist', `${header()}\n${line({ kind: 'x' })}`],
    ['no number', `${header()}\n${line({ sequence: '1' })}`],
    ['numbers that do not grow', `${header({ count: 2 })}\n${line()}\n${line()}`],
    ['a number from the future', `${header()}\n${line({ sequence: 9 })}`],
    ['null', `${header()}\nnull`],
  ])('%s', async (_what, text) => {
    file = join(dir, 'events.ndjson');
    await writeFile(file, text);
    const ring = await open();
    expect(problems).toHaveLength(1);
    expect(ring.since(0)).toEqual([]);
    ring.add(event);
    await ring.close();
    expect((await readEventFile(file)).events).toHaveLength(1);
  });
});

test('a disk that refuses is told to the hook and never to the caller', async () => {
  await writeFile(join(dir, 'state'), 'a file where the directory should be');
  const ring = await open();
  expect(problems).toHaveLength(1);
  ring.add(event);
  await ring.close();
  expect(problems).toHaveLength(2);
  expect(ring.since(0)).toHaveLength(1);
});
