import { progressLine } from './progress';

it('says how far it is, what goes on and how well', () => {
  const state = { elapsed: 90, total: 120, doing: 'slow', state: 'yellow', acked: 4500 };
  expect(progressLine(state, 499.6)).toBe('75 %  00:30 left  slow  yellow  500/s  4500 acked');
  expect(progressLine({ ...state, elapsed: 130 }, 0)).toMatch(/^100 % {2}00:00 left/);
});
