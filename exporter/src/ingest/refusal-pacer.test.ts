import { RefusalPacer } from './refusal-pacer';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a few refusals go out at once, a flood is spread over half a second and keeps its order', () => {
  const pacer = new RefusalPacer();
  const answered: number[] = [];
  for (let i = 0; i < 5_000; i++) pacer.run(() => answered.push(i));
  const atOnce = answered.length;
  expect(atOnce).toBeGreaterThan(0);
  expect(atOnce).toBeLessThan(100);
  jest.advanceTimersByTime(10);
  expect(answered.length).toBeLessThan(300);
  jest.advanceTimersByTime(3_000);
  expect(answered).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
});

test('rests when there is nothing to do, and begins anew', () => {
  const pacer = new RefusalPacer();
  let answered = 0;
  pacer.run(() => answered++);
  jest.advanceTimersByTime(100);
  expect(jest.getTimerCount()).toBe(0);
  pacer.run(() => answered++);
  expect(answered).toBe(2);
});

test('nobody is forgotten when it stops', () => {
  const pacer = new RefusalPacer();
  let answered = 0;
  for (let i = 0; i < 100; i++) pacer.run(() => answered++);
  pacer.stop();
  expect(answered).toBe(100);
  expect(jest.getTimerCount()).toBe(0);
});
