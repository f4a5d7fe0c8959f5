import { type CheerState } from '../types';
import { groupServices } from './group-services';
import { view } from './testing/views';

test('a group has its worst member’s state, comes where its first member does, and those of none come last', () => {
  const services = [
    view('a', { state: 'red' }),
    view('b', { state: 'yellow', group: 'web' }),
    view('c', { state: 'stale', group: 'mail' }),
    view('d', { group: 'web' }),
  ];
  const groups = groupServices(services);
  expect(groups.map(({ name, state, members }) => [name, state, members.map((one) => one.name).join('')])).toEqual([
    ['web', 'yellow', 'bd'],
    ['mail', 'stale', 'c'],
    ['', 'red', 'a'],
  ]);
  expect(groupServices([])).toEqual([]);
});

test.each<[CheerState, ...CheerState[]]>([
  ['green', 'disabled', 'green', 'green'],
  ['disabled', 'disabled', 'disabled'],
  ['warming', 'disabled', 'green', 'warming'],
  ['unknown', 'warming', 'unknown', 'disabled'],
  ['unknown', 'unknown', 'stale', 'green'],
  ['green', 'stale', 'green', 'disabled'],
  ['stale', 'stale', 'stale'],
  ['yellow', 'stale', 'yellow'],
  ['red', 'yellow', 'disabled', 'red', 'stale'],
])('a group is %s of %s, %s, …', (expected, ...states) => {
  const members = states.map((state, index) => view(String(index), { state, group: 'web' }));
  expect(groupServices(members)[0].state).toBe(expected);
});
