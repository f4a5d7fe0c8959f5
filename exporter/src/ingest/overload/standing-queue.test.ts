import fc from 'fast-check';
import { StandingQueue } from './standing-queue';

const targetMs = 50;
const intervalMs = 500;

/** A queue under the law, and samples of it every 10 ms. */
function watched(maxDrops = 1_000) {
  let now = 0;
  const queue = new StandingQueue({ targetMs, intervalMs, maxDrops, clock: () => now });
  const sample = (sojournMs: number, forMs: number): void => {
    for (const end = now + forMs; now < end; now += 10) queue.sample(sojournMs);
  };
  return { queue, sample };
}

describe('the control law', () => {
  it('refuses times that make no sense', () => {
    const clock = (): number => 0;
    for (const wrong of [0, -1, Number.NaN]) {
      expect(() => new StandingQueue({ targetMs: wrong, intervalMs, maxDrops: 1, clock })).toThrow(
        RangeError,
      );
      expect(() => new StandingQueue({ targetMs, intervalMs: wrong, maxDrops: 1, clock })).toThrow(
        RangeError,
      );
    }
  });

  it('drops nothing while each interval has a sample below the target', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(targetMs - 1), fc.integer({ min: 50, max: 120 }))), (samples) => {
        const { queue, sample } = watched();
        for (const [low, high] of samples) {
          sample(high, intervalMs - 100);
          sample(low, 10);
          if (queue.drops !== 0) return false;
        }
        return true;
      }),
    );
  });

  it('takes a burst, and begins when the queue has stood for an interval', () => {
    const { queue, sample } = watched();
    sample(targetMs, intervalMs);
    expect(queue.drops).toBe(0);
    sample(targetMs, 10);
    expect(queue.drops).toBe(1);
  });

  it('takes it for a stall and not for a queue when one has waited for very long', () => {
    const { queue, sample } = watched();
    sample(100 * targetMs, 10);
    sample(0, 10);
    sample(100 * targetMs, intervalMs - 20);
    expect(queue.drops).toBe(0);
  });

  it('drops the faster the longer it lasts: the drops grow with the square of the time', () => {
    const { queue, sample } = watched();
    const drops: number[] = [];
    for (let seconds = 1; seconds <= 8; seconds++) {
      sample(targetMs, 1_000);
      drops.push(queue.drops);
    }
    // Of steps 500 ms / sqrt(n) apart, about t² fit into t seconds.
    for (const [i, count] of drops.entries()) {
      expect(count).toBeGreaterThan(0.5 * i ** 2);
      expect(count).toBeLessThanOrEqual(2 * (i + 1) ** 2);
    }
  });

  it('goes back a step when the queue ran short, and to nothing when it was short for an interval', () => {
    const { queue, sample } = watched();
    sample(2 * targetMs, 5_000);
    const before = queue.drops;
    sample(0, 10);
    sample(2 * targetMs, intervalMs / Math.sqrt(before));
    expect(queue.drops).toBeLessThanOrEqual(before);
    sample(0, intervalMs + 10);
    expect(queue.drops).toBe(0);
    sample(targetMs, intervalMs - 10);
    expect(queue.drops).toBe(0);
  });

  it('never takes more drops than it may, and none that it must not', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(700), fc.integer({ min: 10, max: 900 }))), (phases) => {
        const { queue, sample } = watched(12);
        let below = 0;
        for (const [sojournMs, forMs] of phases) {
          sample(sojournMs, forMs);
          below = sojournMs < targetMs ? below + forMs : 0;
          if (queue.drops > 12 || (below > intervalMs + 20 && queue.drops > 0)) return false;
        }
        return true;
      }),
    );
  });
});
