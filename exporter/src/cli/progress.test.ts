import { collect } from '../../test/helpers/cli';
import { pacedLines } from './progress';
import { startProgress } from './store/progress';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('lines come every five seconds, the first after as long, and only then are made', () => {
  const stderr = collect();
  const tell = pacedLines(stderr);
  let made = 0;
  const line = (): string => `${++made}`;
  for (let second = 0; second < 16; second++) {
    tell(line);
    jest.advanceTimersByTime(1_000);
  }
  expect(stderr.text).toBe('1\n2\n3\n');
  expect(made).toBe(3);
});

test('a store command says what it does, of how much where that is known', () => {
  const stderr = collect();
  const progress = startProgress(stderr);
  jest.advanceTimersByTime(5_000);
  progress.update('published', 1_200, 34_000);
  jest.advanceTimersByTime(5_000);
  progress.update('reading', 1_300);
  progress.stop();
  expect(stderr.text).toBe('published: 1,200 of 34,000\nreading: 1,300\n');
});

test('on a terminal a bar shows the same and leaves nothing behind', () => {
  const stderr = Object.assign(collect(), {
    isTTY: true,
    columns: 120,
    cursorTo: jest.fn(),
    clearLine: jest.fn(),
  });
  const progress = startProgress(stderr);
  progress.update('published', 1_200, 34_000);
  jest.advanceTimersByTime(200);
  expect(stderr.text).toContain('published | 1,200 of 34,000');
  progress.stop();
  expect(stderr.text.endsWith('\n')).toBe(false);
});
