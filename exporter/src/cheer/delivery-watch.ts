/** Events of one lane that were committed together. */
interface Stretch {
  readonly high: number;
  /** Monotonic milliseconds at which they were durable. */
  readonly at: number;
}

interface LaneWatch {
  readonly stretches: Stretch[];
  /** Everything up to here has been judged, settled or not. */
  judged: number;
}

export interface DeliveryWatchOptions {
  readonly targetSeconds: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly judge: (good: number, bad: number) => void;
}

/**
 * Judges every event's delivery exactly once: good when it is settled within the target, bad at the very moment the
 * target has passed without that, so that a long outage is seen while it lasts.
 */
export class DeliveryWatch {
  private readonly lanes: LaneWatch[] = [];

  constructor(private readonly options: DeliveryWatchOptions) {}

  /**
   * The store was opened; these are the marks of its real lanes. What is unsettled from an earlier process counts for
   * the age, but is not judged: the one that accepted it has done that. When the store is opened again, what this
   * process accepted goes on being judged, along with what turns out to be durable although its commit had failed.
   */
  opened(lanes: readonly { readonly low: number; readonly high: number }[]): void {
    const at = this.options.now();
    lanes.forEach(({ low, high }, lane) => {
      const watch = this.lanes[lane];
      if (!watch) this.lanes[lane] = { stretches: high >= low ? [{ high, at }] : [], judged: high };
      else if (high > (watch.stretches.at(-1)?.high ?? watch.judged)) watch.stretches.push({ high, at });
    });
  }

  committed(lane: number, high: number): void {
    this.lanes[lane]?.stretches.push({ high, at: this.options.now() });
  }

  /** `refused` of them went to quarantine: they were accepted and are not delivered, whoever is to blame. */
  settled(lane: number, through: number, refused: number): void {
    const watch = this.lanes[lane];
    if (!watch) return;
    const deadline = this.options.now() - this.options.targetSeconds * 1000;
    const before = watch.judged;
    this.judgeLate(watch, deadline, through);
    const late = watch.judged - before;
    const onTime = Math.max(0, through - watch.judged);
    watch.judged = Math.max(watch.judged, through);
    while (watch.stretches[0] && watch.stretches[0].high <= through) watch.stretches.shift();
    const good = Math.max(0, onTime - refused);
    const bad = late + onTime - good;
    if (good > 0 || bad > 0) this.options.judge(good, bad);
  }

  /** Call it a few times a second. */
  tick(): void {
    const deadline = this.options.now() - this.options.targetSeconds * 1000;
    let bad = 0;
    for (const watch of this.lanes) {
      const before = watch.judged;
      this.judgeLate(watch, deadline, Infinity);
      bad += watch.judged - before;
    }
    if (bad > 0) this.options.judge(0, bad);
  }

  /** Moves `judged` over what was due before the deadline, up to `through`. */
  private judgeLate(watch: LaneWatch, deadline: number, through: number): void {
    for (const stretch of watch.stretches) {
      if (stretch.at > deadline) break;
      watch.judged = Math.max(watch.judged, Math.min(stretch.high, through));
      if (stretch.high >= through) break;
    }
  }

  /** Seconds for which the oldest unsettled event has been waiting; 0 when there is none. */
  oldestSeconds(): number {
    let oldest = Infinity;
    for (const { stretches } of this.lanes) if (stretches[0]) oldest = Math.min(oldest, stretches[0].at);
    return oldest === Infinity ? 0 : (this.options.now() - oldest) / 1000;
  }
}
