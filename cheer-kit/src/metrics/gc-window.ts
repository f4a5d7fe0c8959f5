import { bucketIndex, histogramQuantile } from '../latency-window';
import { SlotWindow } from '../slot-window';

/** Pauses of the garbage collector in the last minute. */
export interface GcReading {
  /** p99 in seconds; undefined without a pause. */
  readonly pauseP99Seconds: number | undefined;
  /** Part of the time that was spent in pauses: 0 to 1. */
  readonly timeRatio: number;
}

/** 0.1 ms to 6 s, each a quarter above the one before: so far off is a quantile at the most. */
const bounds = Array.from({ length: 50 }, (_, step) => 0.0001 * 1.25 ** step);
const slots = 12;
const slotMs = 5000;
/** Behind the buckets and +Inf: microseconds, as a window adds whole numbers. */
const timeColumn = bounds.length + 1;

/** Counts pauses over the last minute, in slots of five seconds. `monotonic` gives milliseconds. */
export class GcWindow {
  private readonly window: SlotWindow;
  private readonly begun: number;

  constructor(private readonly monotonic: () => number) {
    this.window = new SlotWindow(bounds.length + 2, slots, slotMs, monotonic);
    this.begun = monotonic();
  }

  record(seconds: number): void {
    this.window.add(bucketIndex(bounds, seconds), 1);
    this.window.add(timeColumn, Math.round(seconds * 1e6));
  }

  read(): GcReading {
    const counts = Array.from({ length: timeColumn }, (_, column) => this.window.sum(column));
    const p99 = histogramQuantile(0.99, bounds, counts);
    const now = this.monotonic();
    // The slot that is being filled is part of the window.
    const seen = Math.min(now - this.begun, (slots - 1) * slotMs + (now % slotMs));
    const paused = this.window.sum(timeColumn) / 1000;
    return {
      pauseP99Seconds: Number.isNaN(p99) ? undefined : p99,
      // A pause may have begun before the window did.
      timeRatio: paused > 0 ? paused / Math.max(seen, paused) : 0,
    };
  }
}
