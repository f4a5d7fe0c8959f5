import { ManualClock } from '../clock';
import { GcWindow } from './gc-window';

function setUp() {
  const clock = new ManualClock(0, 12_345);
  return { clock, gc: new GcWindow(() => clock.monotonic()) };
}

test('nothing without a pause', () => {
  expect(setUp().gc.read()).toEqual({ pauseP99Seconds: undefined, timeRatio: 0 });
});

test('p99 of the pauses, and their part of the time for which it has been looking', () => {
  const { clock, gc } = setUp();
  clock.advance(10);
  for (let i = 0; i < 99; i++) gc.record(0.001);
  gc.record(0.401);
  const { pauseP99Seconds, timeRatio } = gc.read();
  expect(pauseP99Seconds! / 0.001).toBeGreaterThan(0.8);
  expect(pauseP99Seconds! / 0.001).toBeLessThan(1.25);
  expect(timeRatio).toBeCloseTo(0.05);
  gc.record(0.401);
  expect(gc.read().pauseP99Seconds! / 0.401).toBeGreaterThan(0.8);
  expect(gc.read().pauseP99Seconds! / 0.401).toBeLessThan(1.25);
});

test('a minute later they are gone', () => {
  const { clock, gc } = setUp();
  clock.advance(100);
  gc.record(3);
  clock.advance(30);
  expect(gc.read().timeRatio).toBeGreaterThan(3 / 60 - 1e-9);
  expect(gc.read().timeRatio).toBeLessThan(3 / 55);
  clock.advance(31);
  expect(gc.read()).toEqual({ pauseP99Seconds: undefined, timeRatio: 0 });
});

test('a pause that is longer than the time since the start is all of it, not more', () => {
  const { gc } = setUp();
  gc.record(0.02);
  expect(gc.read().timeRatio).toBe(1);
});
