import fc from 'fast-check';
import { type SortBy, statesWorstFirst } from '../types';
import { sortServices } from './sort-services';
import { figure, view } from './testing/views';

const services = [
  view('b10', { score: figure(90), budgets: [{ slo: 'x', remaining: figure(0.2), trend: 'none' }] }),
  view('b9', { state: 'red', score: figure(95) }),
  view('a', { score: figure(90), budgets: [{ slo: 'x', trend: 'none' }] }),
  view('c', { state: 'red', score: figure(20), budgets: [{ slo: 'x', remaining: figure(0.9), trend: 'none' }] }),
  view('d', { state: 'yellow' }),
];

test.each<[SortBy, string]>([
  ['worst', 'c b9 d a b10'],
  ['name', 'a b9 b10 c d'],
  ['budget', 'b10 c b9 d a'],
  ['score', 'c a b10 b9 d'],
])('by %s: %s', (sortBy, order) => {
  expect(
    sortServices(services, sortBy)
      .map(({ name }) => name)
      .join(' ')
  ).toBe(order);
});

test('an order that there is none of is by worst', () => {
  expect(sortServices(services, 'toString' as SortBy)[0].name).toBe('c');
});

test('the order does not hang on the order of the data', () => {
  const anyService = fc.record({
    name: fc.constantFrom('a', 'B', 'b2', 'b10', 'é', ''),
    state: fc.constantFrom(...statesWorstFirst),
    value: fc.option(fc.constantFrom(0, 50, 100), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(anyService, { maxLength: 12 }),
      fc.constantFrom<SortBy>('worst', 'name', 'budget', 'score'),
      (list, sortBy) => {
        const views = list.map(({ name, state, value }, index) =>
          view(name, { key: `${name}${index}`, state, ...(value === undefined ? {} : { score: figure(value) }) })
        );
        expect(sortServices([...views].reverse(), sortBy)).toEqual(sortServices(views, sortBy));
      }
    )
  );
});
