import { conditional } from './conditional';
import { dashboards } from './dashboards';
import { factsOf } from './promql-facts';
import { fillIn, queriesOf, type QueryPlace } from './queries';

const queries = dashboards.flatMap((dashboard) => queriesOf(dashboard));
const nameOf = ({ dashboard, panel, refId }: QueryPlace): string => `${dashboard}: ${panel}: ${refId}`;
const byName = queries.map((query) => [nameOf(query), query] as const);
/** Told from any range that someone wrote by hand. */
const values = { rateInterval: '1234s', interval: '17s', range: '4321s' };

const perSecond = new Set(['rate', 'increase', 'irate']);

test('every dashboard has queries', () => {
  expect(new Set(queries.map(({ dashboard }) => dashboard)).size).toBe(dashboards.length);
  expect(queries.length).toBeGreaterThan(100);
});

test('no two have the same name', () => {
  expect(new Set(queries.map(nameOf)).size).toBe(queries.length);
});

describe.each(byName)('%s', (_name, query) => {
  const facts = () => factsOf(fillIn(query.expr, values));

  test('is PromQL', () => {
    expect(facts().selectors.length).toBeGreaterThan(0);
  });

  test('takes the range of its rates from Grafana', () => {
    const byHand = facts().rangeCalls.filter(({ name, range }) => perSecond.has(name) && range !== '1234s');
    expect(byHand).toEqual([]);
  });

  test('asks for the chosen services only', () => {
    for (const { metric, matchers } of facts().selectors) {
      const labels = matchers.map(({ label }) => label);
      if (query.kind === 'variable') continue;
      expect([metric, labels]).toEqual([metric, expect.arrayContaining(['namespace', 'service'])]);
    }
  });
});

test.each(conditional.map((one) => [nameOf(one)]))(
  '%s is conditional, and a query of a dashboard',
  (name) => {
    expect(queries.map(nameOf)).toContain(name);
  },
);

test('nothing is listed as conditional twice', () => {
  expect(new Set(conditional.map(nameOf)).size).toBe(conditional.length);
});

describe('filling in', () => {
  test('"All" stands for a variable that is not given', () => {
    const expr = 'x{service=~"$service", pod=~"${pod}"}[$__rate_interval]';
    expect(fillIn(expr, values)).toBe('x{service=~".+", pod=~".*"}[1234s]');
    expect(fillIn(expr, { ...values, service: 'shop', pod: 'a|b' })).toBe(
      'x{service=~"shop", pod=~"a|b"}[1234s]',
    );
  });

  test('a variable that nobody knows is told of', () => {
    expect(() => fillIn('x{a="$team"}', values)).toThrow(
      new RangeError('nothing is known of the variable team in x{a="$team"}'),
    );
  });
});
