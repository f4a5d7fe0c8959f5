import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { createTimeout } from './attempt-timeout';
import { CallTimeoutError } from './errors';

const never = () => new Promise<never>(() => undefined);
/** Rejects with the reason of its signal, as fetch does. */
const heeding = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

test.each([
  ['heeds its signal', heeding],
  ['does not', never],
])('an operation that %s is late after its time', async (_, operation) => {
  await expect(createTimeout(5)(operation)).rejects.toThrow(CallTimeoutError);
});

test.each([
  ['heeds its signal', heeding],
  ['does not', never],
])('an operation that %s ends with the caller’s signal and its reason', async (_, operation) => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const run = createTimeout(60_000)(operation, stop.signal);
  stop.abort(reason);
  await expect(run).rejects.toBe(reason);
});

test('answers and failures pass as they come, and their signal stays unaborted', async () => {
  let own: AbortSignal | undefined;
  const within = createTimeout(60_000);
  await expect(within(async (signal) => ((own = signal), 'answer'))).resolves.toBe('answer');
  expect(own?.aborted).toBe(false);
  const error = new Error('no');
  await expect(within(() => Promise.reject(error))).rejects.toBe(error);
});

test('an answer that came while the event loop was busy is in time', async () => {
  const server = createServer((socket) => void socket.on('error', () => undefined).end('answer')).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = createTimeout(50)(async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    // The kernel has the answer long before this ends.
    for (const until = performance.now() + 150; performance.now() < until;);
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    return String(bytes);
  });
  await expect(answer).resolves.toBe('answer');
  server.close();
});

test('nothing is begun for a caller who has given up', async () => {
  const operation = jest.fn(never);
  await expect(createTimeout(5)(operation, AbortSignal.abort())).rejects.toThrow();
  expect(operation).not.toHaveBeenCalled();
});

test.each([0, -1, Number.NaN, Infinity, 2 ** 31])('refuses %p ms', (bad) => {
  expect(() => createTimeout(bad)).toThrow(RangeError);
});
