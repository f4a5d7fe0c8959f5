import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { Dispatcher } from './dispatcher';
import type { OutgoingEvent } from './event';

function event(ordinal: number, key: string, size = 1): OutgoingEvent {
  return { ordinal, line: ordinal, key, body: 'x'.repeat(size) };
}

const settled = (batch: readonly OutgoingEvent[]) => ({
  accepted: batch.length,
  duplicates: 0,
  rejections: [],
});

test('the events of a key arrive in order and all arrive, however long requests take', async () => {
  const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      keys,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 7 }),
      async (sent, concurrency, batch) => {
        const arrived: OutgoingEvent[] = [];
        let turn = 0;
        const dispatcher = new Dispatcher({
          concurrency,
          batch,
          deliver: async (events) => {
            expect(events.length).toBeLessThanOrEqual(batch);
            turn += 1;
            if (turn % 3 === 0) await delay(1);
            arrived.push(...events);
            if (turn % 2 === 0) await delay(0);
            return settled(events);
          },
          onSettled: () => undefined,
        });
        for (const [index, key] of sent.entries()) await dispatcher.add(event(index + 1, key));
        await dispatcher.finish();
        expect(arrived).toHaveLength(sent.length);
        for (const key of new Set(sent)) {
          const ordinals = arrived.filter((one) => one.key === key).map(({ ordinal }) => ordinal);
          expect(ordinals).toEqual([...ordinals].sort((a, b) => a - b));
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('makes the reader wait when nothing gets through', async () => {
  const release: (() => void)[] = [];
  const dispatcher = new Dispatcher({
    concurrency: 2,
    batch: 10,
    deliver: async (events) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return settled(events);
    },
    onSettled: () => undefined,
  });
  let added = 0;
  let room: Promise<void> | undefined;
  while (room === undefined && added < 1000) room = dispatcher.add(event((added += 1), `k${added}`));
  expect(added).toBe(80);
  release.forEach((resolve) => resolve());
  await room;
  const finished = dispatcher.finish();
  while (dispatcher.busy) {
    release.splice(0).forEach((resolve) => resolve());
    await delay(1);
  }
  await finished;
});

test('large events fill a request before its number does', async () => {
  const sizes: number[] = [];
  const dispatcher = new Dispatcher({
    concurrency: 1,
    batch: 100,
    deliver: async (events) => {
      sizes.push(events.length);
      return settled(events);
    },
    onSettled: () => undefined,
  });
  for (let ordinal = 1; ordinal <= 9; ordinal += 1) await dispatcher.add(event(ordinal, 'k', 400_000));
  await dispatcher.add(event(10, 'k', 2_000_000));
  await dispatcher.finish();
  expect(sizes.reduce((sum, size) => sum + size)).toBe(10);
  expect(Math.max(...sizes)).toBe(2);
});

test('an event that nothing follows does not wait for a full batch', async () => {
  const sent = new Promise<number>((resolve) => {
    const dispatcher = new Dispatcher({
      concurrency: 3,
      batch: 500,
      deliver: (events) => {
        resolve(events.length);
        return Promise.resolve(settled(events));
      },
      onSettled: () => undefined,
    });
    void dispatcher.add(event(1, 'k'));
  });
  expect(await sent).toBe(1);
});

test('the first failure reaches the reader and nothing is sent after it', async () => {
  let requests = 0;
  const dispatcher = new Dispatcher({
    concurrency: 1,
    batch: 1,
    deliver: () => {
      requests += 1;
      return Promise.reject(new Error('gone'));
    },
    onSettled: () => undefined,
  });
  void dispatcher.add(event(1, 'a'));
  await delay(1);
  await expect(dispatcher.add(event(2, 'a'))).rejects.toThrow('gone');
  await expect(dispatcher.finish()).rejects.toThrow('gone');
  expect(requests).toBe(1);
});
