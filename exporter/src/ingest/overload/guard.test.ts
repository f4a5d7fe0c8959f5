import { OverloadGuard } from './guard';

const targetMs = 50;
const intervalMs = 500;

function guarded() {
  let now = 0;
  let standingMs = 0;
  const guard = new OverloadGuard({
    targetMs,
    intervalMs,
    tenants: {},
    standingMs: () => standingMs,
    processorMs: () => 0,
    clock: () => now,
    random: () => 0,
  });
  const ask = () => guard.admission.admit({ tenant: 'a', priority: undefined, bytes: 1 });
  /** The clock goes on, and the guard looks at its queues fifty times a second. */
  const pass = async (ms: number): Promise<void> => {
    for (const end = now + ms; now < end;) {
      now += 20;
      jest.advanceTimersByTime(20);
      await new Promise((resolve) => setImmediate(resolve));
      ask();
    }
  };
  return { guard, ask, pass, queue: (ms: number) => (standingMs = ms) };
}

describe('the guard', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['performance', 'hrtime', 'Date', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  it('turns away when a queue has stood before the disk for an interval, and nobody when it is gone', async () => {
    const { guard, ask, pass, queue } = guarded();
    guard.start();
    queue(targetMs + 1);
    await pass(intervalMs);
    expect(guard.report()).toBeUndefined();
    await pass(4 * intervalMs);
    expect(ask()).toMatchObject({ code: 'overloaded' });
    queue(0);
    expect(ask()).toBeUndefined();
    await pass(2 * intervalMs);
    queue(targetMs + 1);
    expect(ask()).toBeUndefined();
    guard.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not look before its start', async () => {
    const { ask, pass, queue } = guarded();
    queue(targetMs + 1);
    await pass(4 * intervalMs);
    expect(ask()).toBeUndefined();
  });

  it('tells what was turned away in the last ten seconds', async () => {
    const { guard, pass, queue } = guarded();
    guard.start();
    expect(guard.report()).toBeUndefined();
    guard.turnedAway(3);
    expect(guard.report()).toEqual({
      refusing: false,
      detail: 'shedding requests, for want of memory or room: 3 in the last 10 s',
    });
    queue(targetMs + 1);
    await pass(4 * intervalMs);
    guard.turnedAway(2);
    expect(guard.report()?.detail).toBe('shedding requests of normal priority: 5 in the last 10 s');
    queue(0);
    await pass(11_000);
    expect(guard.report()).toBeUndefined();
    guard.stop();
  });

  it('is refusing when in most of the last ten seconds something was turned away and nothing taken', async () => {
    const { guard, pass } = guarded();
    const seconds = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        guard.turnedAway(50);
        guard.turnedAway(1);
        await pass(1_000);
      }
    };
    await seconds(7);
    expect(guard.report()?.refusing).toBe(false);
    await seconds(1);
    expect(guard.report()?.refusing).toBe(true);
    guard.acknowledged(1);
    expect(guard.report()?.refusing).toBe(false);
    await seconds(10);
    expect(guard.report()?.refusing).toBe(true);
    await pass(2_000);
    expect(guard.report()?.refusing).toBe(false);
  });
});
