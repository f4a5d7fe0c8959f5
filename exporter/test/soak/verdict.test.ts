import type { SoakAccount } from './account';
import type { Trend } from './trend';
import { type Evidence, failuresOf } from './verdict';

const account: SoakAccount = {
  acked: 100,
  found: 99,
  duplicates: 5,
  duplicatesAtMost: 10,
  quarantined: 1,
  echoes: 1,
  updates: 3,
  drainSeconds: 1,
  wrong: {},
};
const trend: Trend = {
  first: 1,
  median: 100,
  last: 1,
  most: 1,
  slopePerHour: 40,
  sharePerHour: 0.4,
  noise: 1,
  observed: 1200,
  judged: true,
  leak: false,
};
const good: Evidence = {
  incidents: [],
  faults: [{ kind: 'kill', at: 10, seconds: 1, recoverySeconds: 3 }],
  recoverWithinSeconds: 60,
  account,
  trends: { threads: trend },
};

it('passes what is well', () => expect(failuresOf(good)).toEqual([]));

it.each<readonly [string, Partial<Evidence>, RegExp]>([
  ['an incident', { incidents: ['it ended by itself'] }, /by itself/],
  [
    'a fault without recovery',
    { faults: [{ kind: 'slow', at: 70.4, seconds: 1 }] },
    /60 s after "slow" at 70 s/,
  ],
  ['no account', { account: undefined }, /no account/],
  ['a loss', { account: { ...account, wrong: { missing: ['a-1', 'a-2'] } } }, /^missing: a-1, a-2$/],
  ['too many duplicates', { account: { ...account, duplicates: 11 } }, /11 duplicates.*10/],
  ['an account of nothing', { account: { ...account, acked: 0 } }, /nothing/],
  [
    'a leak',
    { trends: { threads: { ...trend, leak: true } } },
    /^threads leaks: \+40 an hour \(40 %, allowed 10 %\) over 20 min, noise 1$/,
  ],
])('fails %s', (_, more, message) => {
  const failures = failuresOf({ ...good, ...more });
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatch(message);
});
