import { latencyBuckets, LatencyWindow, SlotWindow, type Clock } from '@selfcheer/cheer-kit';

const rateSlots = 10;
const slotMs = 1_000;

export interface StageFigures {
  /** Events per second over the last ten seconds. */
  readonly rate: number;
  /** Events since the start of the process. */
  readonly total: number;
  /** Seconds, over the last five minutes; absent when nothing was measured. */
  readonly latency?: { readonly p50: number; readonly p90: number; readonly p99: number };
}

/** Throughput and latency of one stage of the pipeline, for the page and the API. */
export class StageMeter {
  private readonly events: SlotWindow;
  private readonly latency: LatencyWindow;
  private total = 0;

  constructor(clock: Clock) {
    this.events = new SlotWindow(1, rateSlots, slotMs, () => clock.monotonic());
    this.latency = new LatencyWindow(latencyBuckets(), clock);
  }

  /** `count` events passed the stage; they, or their batch, took `seconds`. */
  record(count: number, seconds: number): void {
    this.total += count;
    this.events.add(0, count);
    this.latency.record(seconds, count);
  }

  figures(): StageFigures {
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => this.latency.quantile(q));
    return {
      rate: this.events.sum(0) / rateSlots,
      total: this.total,
      ...(p50 !== undefined && p90 !== undefined && p99 !== undefined && { latency: { p50, p90, p99 } }),
    };
  }
}
