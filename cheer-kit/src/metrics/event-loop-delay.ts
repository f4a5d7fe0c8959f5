import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Seconds by which timers came late in the latest window. */
export interface EventLoopDelay {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

const resolutionMs = 10;
const none: EventLoopDelay = { min: 0, max: 0, mean: 0, stddev: 0, p50: 0, p90: 0, p99: 0 };

/**
 * Samples the event loop's delay. Windows end by `rotate`, not by being read: prom-client's own metric begins a new
 * one at each scrape, so that two scrapers spoil it for each other.
 */
export class EventLoopDelaySampler {
  private readonly histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  private latest = none;

  constructor() {
    this.histogram.enable();
  }

  rotate(): void {
    this.latest = this.current();
    this.histogram.reset();
  }

  /** The window before and the one that is open, the worse of the two by p99. */
  read(): EventLoopDelay {
    const current = this.current();
    return current.p99 > this.latest.p99 ? current : this.latest;
  }

  stop(): void {
    this.histogram.disable();
  }

  private current(): EventLoopDelay {
    const { histogram } = this;
    if (!(histogram.count > 0)) return none;
    // Node records the whole time between two ticks of its timer; what is beyond the timer's interval is delay.
    const delay = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000);
    return {
      min: delay(histogram.min),
      max: delay(histogram.max),
      mean: delay(histogram.mean),
      stddev: Number.isNaN(histogram.stddev) ? 0 : histogram.stddev / 1e9,
      p50: delay(histogram.percentile(50)),
      p90: delay(histogram.percentile(90)),
      p99: delay(histogram.percentile(99)),
    };
  }
}
