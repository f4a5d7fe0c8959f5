import { readOptions } from './options';
import { faultKinds } from './schedule';

const read = (...args: string[]) => readOptions(args, () => 42);

it('has half an hour of all faults as its default, with a drawn seed', () => {
  expect(read()).toMatchObject({ minutes: 30, rate: 500, seed: 42, faults: faultKinds, judgeMinutes: 10 });
});

it('takes what it is given', () => {
  expect(
    read('--minutes', '2', '--seed', '7', '--faults', 'kill,slow,kill', '--json', 'a.json'),
  ).toMatchObject({
    minutes: 2,
    seed: 7,
    faults: ['kill', 'slow'],
    json: 'a.json',
  });
  expect(read('--faults', 'none')).toMatchObject({ faults: [] });
  expect(read('--help')).toBe('help');
});

it.each([
  [['--minutes', '0'], /--minutes 0/],
  [['--minutes', 'x'], /--minutes x/],
  [['--minutes', ''], /--minutes/],
  [['--rate', '1'], /--rate 1/],
  [['--seed', '1.5'], /whole/],
  [['--seed', '-1'], /seed/],
  [['--faults', 'kill,flood'], /flood.*kill/],
  [['--unknown'], /unknown/],
])('refuses %j', (args, message) => expect(() => read(...args)).toThrow(message));
