import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../test/wait';
import type { FlagChange, FlagDefinition } from './definition';
import { createFlags, flagsCheck, FlagsFileError, type Flags } from './flags';

const definitions = {
  cheer: { description: 'The cheer.', defaultValue: true },
  floor: {
    description: 'The floor.',
    defaultValue: 0.1,
    mustBe: (value: number) => (value < 1 ? undefined : 'below 1'),
  },
  colour: { description: 'The colour.', defaultValue: 'blue' },
} satisfies Record<string, FlagDefinition>;

type Lines = readonly Record<string, unknown>[];

const directories: string[] = [];
const open: Pick<Flags, 'close'>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((flags) => flags.close()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const boolean = (on: boolean): object => ({
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: on ? 'on' : 'off',
});
const number = (value: number): object => ({
  state: 'ENABLED',
  variants: { chosen: value },
  defaultVariant: 'chosen',
});
const text = (flags: object): string => JSON.stringify({ flags });

function flagFile(content?: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'selfcheer-flags-'));
  directories.push(directory);
  const file = join(directory, 'flags.json');
  if (content !== undefined) writeFileSync(file, content);
  return file;
}

async function setUp(content: string, context?: Record<string, string>) {
  const file = flagFile(content);
  const lines: Record<string, unknown>[] = [];
  const note = (level: string) => (facts: object, msg: string) => void lines.push({ level, msg, ...facts });
  const logger = { info: note('info'), error: note('error') } as never;
  const flags = await createFlags({ file, definitions, logger, pollMs: 5, ...(context && { context }) });
  open.push(flags);
  const changes: FlagChange[] = [];
  flags.subscribe((change) => changes.push(change));
  return { file, flags, changes, lines: lines as Lines };
}

const quiet = { info: () => undefined, error: () => undefined } as never;

test('without a file every flag has its default, and nothing runs', async () => {
  const flags = await createFlags({ definitions, logger: quiet });
  const unset = { variant: 'default', reason: 'DEFAULT', isDefault: true };
  expect(flags.list()).toEqual([
    { flag: 'cheer', value: true, description: 'The cheer.', ...unset },
    { flag: 'floor', value: 0.1, description: 'The floor.', ...unset },
    { flag: 'colour', value: 'blue', description: 'The colour.', ...unset },
  ]);
  const floor: number = flags.value('floor');
  expect(floor).toBe(0.1);
  expect(flags.problem()).toBeUndefined();
  expect(() => flags.value('nope' as 'floor')).toThrow(RangeError);
  await flags.close();
});

test.each([
  ['that is not there', () => flagFile()],
  ['that is a directory', () => join(flagFile(), '..')],
])('a file %s at the start is an error that names it', async (_, make) => {
  const file = make();
  const opening = createFlags({ file, definitions, logger: quiet });
  await expect(opening).rejects.toThrow(FlagsFileError);
  await expect(opening).rejects.toMatchObject({ code: 'flags_file', message: expect.stringContaining(file) });
});

test('the file decides; what it does not name, and what it disables, has its default', async () => {
  const colour = { state: 'DISABLED', variants: { red: 'red' }, defaultVariant: 'red' };
  const { flags, lines } = await setUp(text({ floor: number(0.3), colour, stranger: boolean(true) }));
  expect(flags.list()).toMatchObject([
    { flag: 'cheer', variant: 'default', value: true, reason: 'DEFAULT' },
    { flag: 'floor', variant: 'chosen', value: 0.3, reason: 'STATIC', isDefault: false },
    { flag: 'colour', variant: 'default', value: 'blue', reason: 'DISABLED', isDefault: true },
  ]);
  expect(flagsCheck(flags)).toEqual({ status: 'ok', detail: 'cheer default, floor chosen, colour default' });
  expect(lines[0]).toMatchObject({ level: 'info', msg: 'flags read', unused: ['stranger'] });
});

test('a change takes effect while it runs, is told once, and so is going back', async () => {
  const { file, flags, changes } = await setUp(text({ cheer: boolean(true) }));
  writeFileSync(file, text({ cheer: boolean(false) }));
  await eventually(() => flags.value('cheer') === false);
  writeFileSync(file, text({}));
  await eventually(() => flags.value('cheer') === true);
  expect(changes).toMatchObject([
    { from: { variant: 'on', value: true }, to: { flag: 'cheer', variant: 'off', value: false } },
    { from: { variant: 'off' }, to: { flag: 'cheer', variant: 'default', value: true, reason: 'DEFAULT' } },
  ]);
});

test('a file that is replaced under its name is followed, as a ConfigMap is', async () => {
  const { file, flags } = await setUp(text({ floor: number(0.2) }));
  const versions = [0.3, 0.4].map((floor) => {
    const version = `${file}.${floor}`;
    writeFileSync(version, text({ floor: number(floor) }));
    return version;
  });
  const [first, second] = versions as [string, string];
  unlinkSync(file);
  symlinkSync(first, file);
  await eventually(() => flags.value('floor') === 0.3);
  symlinkSync(second, `${file}.next`);
  renameSync(`${file}.next`, file);
  await eventually(() => flags.value('floor') === 0.4);
});

const off = text({ cheer: boolean(false), floor: number(0.3) });
describe('what can not be used keeps the last good values and is said until it is mended', () => {
  test.each([
    ['half a file', off.slice(0, 60), /^it is no JSON: /],
    ['an empty file', '', /^it is empty$/],
    ['JSON that is no file of flags', '{}', /^it has no "flags"/],
    ['a list', '[1]', /^it has no "flags"/],
    ['a flag that is none', text({ cheer: 1 }), /^flag cheer is no object$/],
    ['no state', text({ cheer: { ...boolean(false), state: 'ON' } }), /^flag cheer: state must be /],
    [
      'no variants',
      text({ cheer: { state: 'ENABLED', defaultVariant: 'on' } }),
      /^flag cheer has no variants$/,
    ],
    [
      'a default variant that is missing',
      text({ cheer: { ...boolean(false), defaultVariant: 'no' } }),
      /^flag cheer: defaultVariant "no" is none of its variants \(on, off\)$/,
    ],
    [
      'variants of two types',
      text({ cheer: { ...boolean(false), variants: { on: true, off: 'false' } } }),
      /^flags\.cheer.* must be /,
    ],
    ['a value of another type', text({ cheer: number(0) }), /^flag cheer: .*Expected boolean, got number/],
    ['a value out of bounds', text({ floor: number(5) }), /^flag floor: 5 must be below 1$/],
    [
      'a rule that can not be read',
      text({ cheer: { ...boolean(false), targeting: { nonsense: [1] } } }),
      /cheer/,
    ],
    ['something huge', ' '.repeat(2 ** 20 + 1), /^it can't be read: it has more than the 1048576 bytes/],
  ])('%s', async (_, broken, problem) => {
    const { file, flags, lines } = await setUp(off);
    expect([flags.value('cheer'), flags.value('floor')]).toEqual([false, 0.3]);
    writeFileSync(file, broken);
    await eventually(() => flags.problem() !== undefined);
    expect(flags.problem()).toMatch(problem);
    expect(flagsCheck(flags)).toEqual({
      status: 'degraded',
      detail: expect.stringMatching(problem.source.slice(1, 5)),
    });
    const [wrong] = Object.keys(JSON.parse(off)['flags'] as object).filter((flag) => broken.includes(flag));
    expect(flags.value((wrong ?? 'cheer') as 'cheer')).toBe(wrong === 'floor' ? 0.3 : false);
    // Once, however often it is looked at.
    await eventually(() => lines.some(({ level }) => level === 'error'));
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    writeFileSync(file, text({ cheer: boolean(true) }));
    await eventually(() => flags.problem() === undefined && flags.value('cheer'));
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'the flags file can be used again' });
  });

  test('a file that goes away', async () => {
    const { file, flags } = await setUp(off);
    unlinkSync(file);
    await eventually(() => /^it can't be read: ENOENT/.test(flags.problem() ?? ''));
    expect(flags.value('cheer')).toBe(false);
    writeFileSync(file, off);
    await eventually(() => flags.problem() === undefined);
    expect(flags.value('cheer')).toBe(false);
  });

  test('one flag that is wrong does not keep the others from changing', async () => {
    const { file, flags } = await setUp(text({ cheer: boolean(true), floor: number(0.3) }));
    writeFileSync(file, text({ cheer: boolean(false), floor: number(7) }));
    await eventually(() => flags.problem() !== undefined);
    expect([flags.value('cheer'), flags.value('floor')]).toEqual([false, 0.3]);
  });
});

test('broken at the start: the defaults, said at once, and the file is followed', async () => {
  const { file, flags, lines } = await setUp('{');
  expect(flags.value('cheer')).toBe(true);
  expect(flagsCheck(flags).status).toBe('degraded');
  expect(lines).toMatchObject([{ level: 'error', file }]);
  writeFileSync(file, off);
  await eventually(() => flags.value('cheer') === false);
});

test('rules see who asks, and what time it is', async () => {
  const canary = { if: [{ '==': [{ var: 'track' }, 'canary'] }, 'off', 'on'] };
  const { flags } = await setUp(text({ cheer: { ...boolean(true), targeting: canary } }), {
    track: 'canary',
  });
  expect(flags.list()[0]).toMatchObject({ variant: 'off', value: false, reason: 'TARGETING_MATCH' });

  const soon = Math.floor(Date.now() / 1000) + 1;
  const later = { if: [{ '>=': [{ var: '$flagd.timestamp' }, soon] }, 'off', 'on'] };
  const timed = await setUp(text({ cheer: { ...boolean(true), targeting: later } }));
  await eventually(() => timed.flags.value('cheer') === false);
});

test('two sets in one process do not see each other', async () => {
  const one = await setUp(text({ cheer: boolean(false) }));
  const other = await setUp(text({ floor: number(0.5) }));
  expect(one.flags.list().map(({ value }) => value)).toEqual([false, 0.1, 'blue']);
  expect(other.flags.list().map(({ value }) => value)).toEqual([true, 0.5, 'blue']);
});

test('nothing is read any more once it is closed', async () => {
  const { file, flags, changes } = await setUp(text({ cheer: boolean(true) }));
  const witness = await setUp(text({ cheer: boolean(true) }));
  await flags.close();
  writeFileSync(file, off);
  writeFileSync(witness.file, off);
  await eventually(() => witness.changes.length === 2);
  expect(changes).toEqual([]);
});
