import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { forEachUntil } from './until';

const never = new AbortController().signal;

test('gives every item and ends with the source, or with its error', async () => {
  const seen: number[] = [];
  async function* source(): AsyncGenerator<number> {
    yield 1;
    yield 2;
    throw new Error('broken');
  }
  const running = forEachUntil(source(), never, (item) => Promise.resolve(void seen.push(item)));
  await expect(running).rejects.toThrow('broken');
  expect(seen).toEqual([1, 2]);
});

test('the signal ends it while the source is silent', async () => {
  const stop = new AbortController();
  const silent = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<number>>(() => undefined) }),
  };
  const running = forEachUntil(silent, stop.signal, () => Promise.resolve());
  stop.abort();
  await running;
});

test('holds on to no item that has been used', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const used: WeakRef<object>[] = [];
  async function* source(): AsyncGenerator<object> {
    for (let item = 0; item < 100; item += 1) yield { item };
  }
  let alive = -1;
  await forEachUntil(source(), never, async (item) => {
    used.push(new WeakRef(item));
    if (used.length < 100) return;
    await new Promise((resolve) => setImmediate(resolve)); // a WeakRef keeps its target until the turn is over
    collectGarbage();
    alive = used.filter((reference) => reference.deref() !== undefined).length;
  });
  expect(alive).toBeLessThan(10);
});
