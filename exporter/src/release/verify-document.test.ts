import { bareVersion, gateNames, verdictOf, verifyDocument, type VerifyDocument } from './verify-document';

const good: VerifyDocument = {
  schema: 'selfcheer/verify/v1',
  ...{ run: 'verify-1', service: 'shop', release: '2.0.0', previous: null, verdict: 'pass' },
  ...{ started_at: '2026-11-22T01:00:00.000Z', ended_at: '2026-11-22T01:00:12+00:00' },
  ...{ target: 'http://canary:9464', baseline: null },
  gates: gateNames.map((name) => ({
    name,
    verdict: 'pass',
    detail: 'ready',
    figures: { ready: 1, other: null },
  })),
  flags: [{ flag: 'fast', variant: 'on', value: true }],
};
const [gate, ...others] = good.gates;

describe('verifyDocument', () => {
  it('takes what verify writes, as it is', () => {
    expect(verifyDocument.parse(good)).toEqual(good);
  });

  it.each([
    ['another schema', { schema: 'selfcheer/verify/v2' }],
    ['a run that is no path segment', { run: 'a/b' }],
    ['a long run', { run: 'r'.repeat(65) }],
    ['an unknown member', { more: 1 }],
    ['no gate', { gates: [] }],
    ['a gate twice', { verdict: 'inconclusive', gates: [gate, gate] }],
    ['an unknown gate', { verdict: 'inconclusive', gates: [{ ...gate, name: 'mood' }] }],
    ['a verdict that is not the one of its gates', { gates: [{ ...gate, verdict: 'fail' }, ...others] }],
    ['a pass over what was not seen', { gates: [{ ...gate, verdict: 'inconclusive' }, ...others] }],
    ['a pass without one of the gates', { gates: others }],
    ['a time that is none', { started_at: 'today' }],
    ['an end before the start', { ended_at: '2026-11-22T00:00:00Z' }],
    ['a figure that is no number', { gates: [{ ...gate, figures: { a: 'b' } }, ...others] }],
    [
      'too many figures',
      {
        gates: [
          { ...gate, figures: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`f${n}`, n])) },
          ...others,
        ],
      },
    ],
    ['too long a detail', { gates: [{ ...gate, detail: 'x'.repeat(2_001) }, ...others] }],
    ['too many flags', { flags: Array(101).fill(good.flags[0]) }],
    ['an empty release', { release: '' }],
  ])('refuses %s', (_, change) => {
    expect(verifyDocument.safeParse({ ...good, ...change }).success).toBe(false);
  });
});

describe('verdictOf', () => {
  it('fails by one, passes by all, and knows nothing of none', () => {
    const of = (...verdicts: ('pass' | 'fail' | 'inconclusive')[]) =>
      verdictOf(verdicts.map((verdict, n) => ({ name: gateNames[n]!, verdict })));
    const five = Array<'pass'>(5).fill('pass');
    expect(of('pass', 'inconclusive', 'fail')).toBe('fail');
    expect(of(...five, 'fail')).toBe('fail');
    expect(of(...five, 'inconclusive')).toBe('inconclusive');
    expect(of(...five, 'pass')).toBe('pass');
    expect(of(...five)).toBe('inconclusive');
    expect(of()).toBe('inconclusive');
  });
});

it.each([
  ['v1.4.0', '1.4.0'],
  ['1.4.0', '1.4.0'],
  ['vv1', 'vv1'],
  ['version', 'version'],
])('of %s the bare version is %s', (version, bare) => {
  expect(bareVersion(version)).toBe(bare);
});
