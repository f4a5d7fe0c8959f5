import { readOptions } from './options';
import { UsageError } from './project';

test('options; what is none is refused', () => {
  expect(readOptions([])).toMatchObject({ out: 'artifacts', built: false, final: false });
  expect(readOptions(['--out', 'x', '--built', '--final'])).toMatchObject({
    out: 'x',
    built: true,
    final: true,
  });
  expect(readOptions(['-h'])).toBe('help');
  for (const wrong of [['--outt', 'x'], ['--out'], ['x']])
    expect(() => readOptions(wrong)).toThrow(UsageError);
});
