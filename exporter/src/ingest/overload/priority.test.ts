import { priorityOf } from './priority';

test.each([
  [undefined, 'normal', 'normal'],
  ['u=0', 'normal', 'normal'],
  ['u=0', 'low', 'low'],
  ['u=5', 'high', 'normal'],
  ['u=3, i', 'high', 'normal'],
  ['i, u=7', 'high', 'low'],
  ['u=6', 'normal', 'low'],
  [' u=7;x=1 , i', 'normal', 'low'],
  ['u=7, u=1', 'high', 'high'],
  ['i', 'high', 'high'],
  ['u=8', 'high', 'high'],
  ['u=-1', 'high', 'high'],
  ['fu=7', 'high', 'high'],
  ['u=7x', 'high', 'high'],
  ['u=7'.padEnd(300), 'high', 'high'],
] as const)('Priority %j of a tenant with %s gives %s', (header, tenant, expected) => {
  expect(priorityOf(header, tenant)).toBe(expected);
});
