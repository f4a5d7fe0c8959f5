import { LoopLag } from './loop-lag';

const periodMs = 20;

describe('the wait for the processor', () => {
  afterEach(() => jest.useRealTimers());

  /** A loop whose rounds take as long as the test says, of which this process has a share of the processor. */
  function loop() {
    jest.useFakeTimers({ doNotFake: ['performance', 'hrtime', 'Date', 'setImmediate'] });
    let now = 1_000;
    let processor = 50;
    let rounds = 0;
    const lag = new LoopLag(
      () => now,
      () => processor,
      () => rounds++,
    );
    const pass = (ms: number, worked: number): void => {
      now += ms;
      processor += worked;
    };
    /** The timer fires, the round takes so long, and its immediate comes. */
    const round = async (ms: number, worked: number): Promise<void> => {
      pass(periodMs, 0);
      jest.advanceTimersByTime(periodMs);
      pass(ms, worked);
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { lag, pass, round, rounds: () => rounds };
  }

  it('is three rounds, each as long as the work in it', async () => {
    const { lag, round, rounds } = loop();
    lag.start();
    expect(lag.read()).toBe(0);
    await round(12, 12);
    expect(lag.read()).toBe(36);
    await round(0, 0);
    expect(lag.read()).toBe(0);
    expect(rounds()).toBe(2);
  });

  it('hardly counts what others had of the processor, nor other threads beyond the round', async () => {
    const { lag, round } = loop();
    lag.start();
    await round(100, 15);
    expect(lag.read()).toBe(45);
    await round(100, 5);
    expect(lag.read()).toBe(30);
    await round(10, 25);
    expect(lag.read()).toBe(30);
  });

  it('tells how long the round has taken that goes on, and that the timer is late', () => {
    const { lag, pass } = loop();
    lag.start();
    pass(periodMs + 40, 40);
    expect(lag.read()).toBe(120);
    jest.advanceTimersByTime(periodMs);
    expect(lag.read()).toBe(0);
    pass(30, 10);
    expect(lag.read()).toBe(30);
    pass(0, 15);
    expect(lag.read()).toBe(75);
  });

  it('is nothing before the start and after the end', async () => {
    const { lag, pass, round } = loop();
    pass(500, 500);
    expect(lag.read()).toBe(0);
    lag.start();
    await round(50, 50);
    lag.stop();
    expect(lag.read()).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});
