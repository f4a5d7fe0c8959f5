import { abortable } from './abortable';

const reason = new Error('late');

test('gives what the promise becomes, and leaves no listener', async () => {
  const { signal } = new AbortController();
  const removed = jest.spyOn(signal, 'removeEventListener');
  await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(abortable(Promise.reject(reason), signal)).rejects.toBe(reason);
  expect(removed).toHaveBeenCalledTimes(2);
});

test('ends with its signal', async () => {
  const stop = new AbortController();
  const waiting = abortable(new Promise(() => undefined), stop.signal);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(abortable(Promise.resolve(1), stop.signal)).rejects.toBe(reason);
});

test('a promise that rejects after the signal harms nobody', async () => {
  const unhandled = jest.fn();
  process.on('unhandledRejection', unhandled);
  const failing = new Promise((_, reject) => setImmediate(() => reject(new Error('much later'))));
  await expect(abortable(failing, AbortSignal.abort(reason))).rejects.toBe(reason);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
