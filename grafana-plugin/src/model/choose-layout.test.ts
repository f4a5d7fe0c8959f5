import { chooseLayout, type Room } from './choose-layout';

test.each<[Partial<Room>, string]>([
  [{ width: 200, height: 60 }, 'ticker'],
  [{ width: 200, height: 60, services: 200 }, 'ticker'],
  [{ width: 200, height: 60, layout: 'meter' }, 'ticker'],
  [{ width: 200, height: 60, layout: 'grid' }, 'grid'],
  [{ width: 300, height: 200 }, 'meter'],
  [{ width: 300, height: 200, services: 0 }, 'meter'],
  [{ width: 300, height: 200, services: 2 }, 'grid'],
  [{ width: 300, height: 200, services: 2, layout: 'meter' }, 'meter'],
  [{ width: 800, height: 600, layout: 'ticker' }, 'ticker'],
])('%j is a %s', (room, layout) => {
  expect(chooseLayout({ layout: 'auto', width: 0, height: 0, services: 1, ...room })).toBe(layout);
});
