import { createBulkhead } from './bulkhead';
import { BulkheadFullError } from './errors';

function held() {
  let finish!: () => void;
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { operation: () => done, finish };
}

test('runs so many at a time, queues so many in order, and refuses the rest at once', async () => {
  const bulkhead = createBulkhead({ slots: 1, queue: 2 });
  const first = held();
  const order: string[] = [];
  const runs = [
    bulkhead.run(() => (order.push('first'), first.operation())),
    bulkhead.run(async () => order.push('second')),
    bulkhead.run(async () => order.push('third')),
  ];
  expect([bulkhead.inUse, bulkhead.waiting]).toEqual([1, 2]);
  await expect(bulkhead.run(async () => order.push('too many'))).rejects.toThrow(BulkheadFullError);
  first.finish();
  await Promise.all(runs);
  expect(order).toEqual(['first', 'second', 'third']);
  expect([bulkhead.inUse, bulkhead.waiting]).toEqual([0, 0]);
});

test('who gives up waiting leaves its place in the queue at once', async () => {
  const bulkhead = createBulkhead({ slots: 1, queue: 1 });
  const first = held();
  const running = bulkhead.run(first.operation);
  const stop = new AbortController();
  const reason = new Error('enough');
  const waiting = bulkhead.run(async () => 'never', stop.signal);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  const next = bulkhead.run(async () => 'next');
  first.finish();
  await running;
  await expect(next).resolves.toBe('next');
});

test('a slot comes back from an operation that fails, and none is taken for an aborted one', async () => {
  const bulkhead = createBulkhead({ slots: 1, queue: 0 });
  await expect(bulkhead.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(bulkhead.run(async () => 'no', AbortSignal.abort())).rejects.toThrow();
  await expect(bulkhead.run(async () => 'yes')).resolves.toBe('yes');
});

test.each([
  { slots: 0, queue: 0 },
  { slots: 1, queue: -1 },
  { slots: 1.5, queue: 0 },
])('refuses %p', (bad) => {
  expect(() => createBulkhead(bad)).toThrow(RangeError);
});
