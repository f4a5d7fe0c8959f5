import { arrangeGroups, arrangeServices } from './grid-arrangement';
import { view } from '../model/testing/views';
import { views } from './testing/views';

const bad = (count: number) => Array.from({ length: count }, (_, i) => view(`bad-${i}`, { state: 'red' }));
const details = ({ fit }: ReturnType<typeof arrangeServices>) => fit.blocks.map(({ detail }) => detail);

it.each([
  // Services that need attention, services that are well, width, height, details.
  [1, 3, 800, 600, ['full']],
  [1, 11, 800, 600, ['full']],
  [2, 30, 800, 600, ['medium']],
  [4, 196, 800, 600, ['full', 'dot']],
  [25, 475, 800, 600, ['line', 'dot']],
  [3, 9, 284, 132, ['name']],
  [0, 12, 284, 132, ['name']],
  [0, 200, 800, 600, ['dot']],
])('%d bad and %d well in %d x %d are drawn as %j', (unwell, well, width, height, expected) => {
  const arrangement = arrangeServices([...bad(unwell), ...views(well)], 'worst', width, height);
  expect(details(arrangement)).toEqual(expected);
  expect(arrangement.fit.scrolls).toBe(false);
  expect(arrangement.blocks.flatMap(({ items }) => items)).toHaveLength(unwell + well);
});

it('draws all alike when the order is another one than worst first', () => {
  const arrangement = arrangeServices([...bad(4), ...views(196)], 'name', 800, 600);
  expect(details(arrangement)).toEqual(['dot']);
});

it('scrolls with names of those that need attention', () => {
  const arrangement = arrangeServices([...bad(20), ...views(480)], 'worst', 300, 200);
  expect(arrangement.fit.scrolls).toBe(true);
  expect(details(arrangement)).toEqual(['line', 'dot']);
});

it('never draws groups without words', () => {
  const groups = views(100);
  expect(arrangeGroups(groups, 200, 100).fit).toMatchObject({ scrolls: true, blocks: [{ detail: 'line' }] });
});
