import { eventually } from '../../test/wait';
import { ManualClock } from '../clock';
import { FlagFile } from './flag-file';
import { readFlagText } from './flag-text';

jest.mock('./flag-text', () => ({
  ...jest.requireActual<object>('./flag-text'),
  readFlagText: jest.fn(),
}));

const good = '{"flags":{}}';
const half = '{"fla';

/** A file whose text is another one at each look; the last one stays. */
async function looks(...texts: readonly (string | Error | Promise<string>)[]) {
  let seen = 0;
  jest.mocked(readFlagText).mockImplementation(async () => {
    const text = texts[Math.min(seen++, texts.length - 1)] as string | Error;
    if (text instanceof Error) throw text;
    return text;
  });
  const lines: string[] = [];
  const logger = {
    info: () => void lines.push('info'),
    error: ({ problem }: { problem: string }) => void lines.push(problem),
  } as never;
  const adopted: string[] = [];
  const clock = new ManualClock();
  let evaluation: Promise<undefined> = Promise.resolve(undefined);
  /** Evaluations from now on go on until what this returns is called. */
  const hold = (): (() => void) => {
    let release = (): void => undefined;
    evaluation = new Promise((resolve) => (release = () => resolve(undefined)));
    return release;
  };
  const file = new FlagFile({
    ...{ file: 'flags.json', pollMs: 1, logger, clock },
    adopt: (text) => void adopted.push(text),
    evaluate: () => evaluation,
  });
  await file.begin();
  return { file, clock, lines, adopted, hold, until: (count: number) => eventually(() => seen >= count) };
}

test('half of a write is not worth a word when the next look finds it whole', async () => {
  const other = '{"flags": {}}';
  const { file, lines, adopted, until } = await looks(good, half, other, half, good);
  await until(8);
  expect(file.problem()).toBeUndefined();
  expect([lines, adopted]).toEqual([[], [good, other, good]]);
  await file.close();
});

test('what stays wrong is told once, and what goes wrong after it once more', async () => {
  const { file, lines, until } = await looks(good, half, half, half, half, new Error('EIO'));
  await until(12);
  expect(lines).toEqual([expect.stringContaining('no JSON'), "it can't be read: EIO"]);
  expect(file.problem()).toBe("it can't be read: EIO");
  await file.close();
});

test('a read that hangs is one read, a problem after ten seconds, and does not hold up closing', async () => {
  let answer: (text: string) => void = () => undefined;
  const hanging = new Promise<string>((resolve) => (answer = resolve));
  const { file, clock, adopted, until } = await looks(good, hanging);
  await until(2);
  expect(file.problem()).toBeUndefined();
  clock.advance(11);
  expect(file.problem()).toBe('reading it has not come back for 11 s');
  await file.close();
  expect(readFlagText).toHaveBeenCalledTimes(2);
  answer('{"flags": {}}');
  await new Promise(setImmediate);
  expect(adopted).toEqual([good]);
});

test('closing waits for flags that are being evaluated: those behind them may not be there any more', async () => {
  const { file, adopted, hold } = await looks(good, '{"flags": {}}');
  const release = hold();
  await eventually(() => adopted.length === 2);
  const order: string[] = [];
  const closing = file.close().then(() => order.push('closed'));
  await new Promise(setImmediate);
  order.push('evaluated');
  release();
  await closing;
  expect(order).toEqual(['evaluated', 'closed']);
});

afterEach(() => jest.mocked(readFlagText).mockReset());
