import { createLogger } from '../logger';
import { Releases } from './releases';

function setUp() {
  const lines: string[] = [];
  const logger = createLogger({
    service: 't',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  return { releases: new Releases(logger), lines: () => lines.map((line) => JSON.parse(line) as object) };
}

test('the latest first, one after the other, once', async () => {
  const { releases, lines } = setUp();
  const order: string[] = [];
  releases.add('a', () => void order.push('a'));
  releases.add('b', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('b');
  });
  releases.add('c', () => void order.push('c'));
  await releases.run(() => 1000);
  await releases.run(() => 1000);
  expect(order).toEqual(['c', 'b', 'a']);
  expect(lines()).toEqual([]);
});

test('what throws, rejects or hangs keeps nothing from the others', async () => {
  const { releases, lines } = setUp();
  const released = jest.fn();
  releases.add('last', released);
  releases.add('hangs', () => new Promise(() => undefined));
  releases.add('rejects', () => Promise.reject(new Error('rejected')));
  releases.add('throws', () => {
    throw new Error('thrown');
  });
  await releases.run(() => 5);
  expect(released).toHaveBeenCalledTimes(1);
  expect(lines()).toMatchObject([
    { level: 'error', release: 'throws', err: { message: 'thrown' } },
    { level: 'error', release: 'rejects', err: { message: 'rejected' } },
    { level: 'warn', release: 'hangs' },
  ]);
});
