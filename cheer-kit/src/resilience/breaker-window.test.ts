import { ManualClock } from '../clock';
import { callWindow, sourceWindow } from './breaker-window';

const options = { threshold: 0.5, minimumCalls: 4, windowSeconds: 10 };

describe('sourceWindow', () => {
  function setUp() {
    const clock = new ManualClock();
    const window = sourceWindow({ ...options, clock });
    const record = (source: number, ...results: boolean[]) => {
      for (const ok of results) window.record(ok, source);
    };
    return { clock, window, record };
  }

  test('one source of many that always fails does not trip it', () => {
    const { window, record } = setUp();
    record(1, true);
    for (let i = 0; i < 100; i++) record(0, false);
    expect(window.tripped()).toBe(false);
  });

  test('most sources that fail now trip it, however well all went before', () => {
    const { window, record } = setUp();
    for (let source = 0; source < 16; source++) for (let i = 0; i < 100; i++) record(source, true);
    for (let source = 0; source < 8; source++) record(source, false);
    expect(window.tripped()).toBe(false);
    record(8, false);
    expect(window.tripped()).toBe(true);
  });

  test('a lone source trips it with enough failures in a row', () => {
    const { window, record } = setUp();
    record(0, false, false, false, true, false, false, false);
    expect(window.tripped()).toBe(false);
    record(0, false);
    expect(window.tripped()).toBe(true);
  });

  test('a source that has been silent for the window no longer counts', () => {
    const { clock, window, record } = setUp();
    record(1, true);
    clock.advance(10.001);
    record(0, false, false, false, false);
    expect(window.tripped()).toBe(true);
    clock.advance(10.001);
    expect(window.tripped()).toBe(false);
  });

  test('begins anew when told', () => {
    const { window, record } = setUp();
    record(0, false, false, false, false);
    window.reset();
    expect(window.tripped()).toBe(false);
    record(0, false);
    expect(window.tripped()).toBe(false);
  });
});

test.each([{ threshold: -0.1 }, { threshold: 1 }, { minimumCalls: 0 }, { windowSeconds: 0 }])(
  'refuses %p',
  (bad) => {
    for (const window of [callWindow, sourceWindow]) {
      expect(() => window({ ...options, clock: new ManualClock(), ...bad })).toThrow(RangeError);
    }
  },
);
