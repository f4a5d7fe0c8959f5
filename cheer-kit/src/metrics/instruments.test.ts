import { combinations, counter, gauge, readCounter, readGauge } from './instruments';
import { createRegistry } from './registry';

test('combinations of closed lists', () => {
  expect(combinations({ a: ['1', '2'], b: ['x', 'y'] })).toEqual([
    { a: '1', b: 'x' },
    { a: '1', b: 'y' },
    { a: '2', b: 'x' },
    { a: '2', b: 'y' },
  ]);
});

test('given series begin at 0', async () => {
  const registry = createRegistry();
  counter(registry, { name: 'a_total', help: 'A.', labelNames: ['x'] }, [{ x: '1' }]);
  gauge(registry, { name: 'b', help: 'B.', labelNames: ['x'] }, [{ x: '1' }]);
  const text = await registry.metrics();
  expect(text).toContain('a_total{x="1"} 0\n');
  expect(text).toContain('b{x="1"} 0\n');
});

test('what is read has the value of the moment, and is absent without one', async () => {
  const registry = createRegistry();
  let value: number | undefined = 5;
  readCounter(registry, { name: 'a_total', help: 'A.' }, () => [[{}, value]]);
  readGauge(registry, { name: 'b', help: 'B.' }, () => [[{}, value]]);
  readGauge(registry, { name: 'c', help: 'C.', labelNames: ['x'] }, () => [[{ x: '1' }, value]]);
  for (const now of [5, 7]) {
    value = now;
    const text = await registry.metrics();
    expect(text).toContain(`a_total ${now}\n`);
    expect(text).toContain(`b ${now}\n`);
    expect(text).toContain(`c{x="1"} ${now}\n`);
  }
  value = undefined;
  expect(await registry.metrics()).not.toMatch(/^[bc][ {]/m);
});
