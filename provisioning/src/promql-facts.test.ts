import { factsOf } from './promql-facts';

test('a query is taken apart into what it needs', () => {
  const facts = factsOf(
    'sum by (a, le) (rate(x_total{b=~"c|d", e!="f"}[5m])) / on (a) group_left (g) label_replace(y:z:w, "h", "$1", "", "")',
  );
  expect(facts.selectors).toEqual([
    {
      metric: 'x_total',
      matchers: [
        { label: 'b', op: '=~', value: 'c|d' },
        { label: 'e', op: '!=', value: 'f' },
      ],
    },
    { metric: 'y:z:w', matchers: [] },
  ]);
  expect(facts.rangeCalls).toEqual([{ name: 'rate', range: '5m' }]);
  expect(facts.grouping).toEqual(['a', 'le', 'a', 'g']);
  expect(facts.made).toEqual(['h']);
});

test('a selector may go without a name', () => {
  expect(factsOf('{__name__=~"a|b"}').selectors).toEqual([
    { matchers: [{ label: '__name__', op: '=~', value: 'a|b' }] },
  ]);
});

test.each(['sum(', 'rate(x[$__rate_interval])', 'x{a=b}', 'x y'])('%s is no query', (text) => {
  expect(() => factsOf(text)).toThrow(SyntaxError);
});
