import { prefersMinimal, requestIdOf, trafficOf } from './request-context';

test.each([
  [undefined, 'real'],
  ['', 'real'],
  ['selfcheer.synthetic=true', 'synthetic'],
  ['a=b , selfcheer.synthetic = true;ttl=1', 'synthetic'],
  ['selfcheer.synthetic=false', 'real'],
  ['xselfcheer.synthetic=true', 'real'],
  ['a=selfcheer.synthetic', 'real'],
])('the baggage %j means %s traffic', (baggage, traffic) => {
  expect(trafficOf(baggage === undefined ? {} : { baggage })).toBe(traffic);
});

test.each([
  [undefined, false],
  ['return=minimal', true],
  ['Return="minimal"', true],
  ['respond-async, return=minimal; x=1', true],
  ['return=representation, return=minimal', false],
  ['return', false],
])('Prefer: %s', (prefer, minimal) => {
  expect(prefersMinimal(prefer === undefined ? {} : { prefer })).toBe(minimal);
});

it('takes over a request id only when it can do no harm', () => {
  expect(requestIdOf({ 'x-request-id': 'a-1_b.c:/+=@' })).toBe('a-1_b.c:/+=@');
  for (const unsafe of [undefined, '', 'a b', 'a\n', 'é', 'x'.repeat(129)]) {
    expect(requestIdOf(unsafe === undefined ? {} : { 'x-request-id': unsafe })).toMatch(/^[0-9a-f-]{36}$/);
  }
});
