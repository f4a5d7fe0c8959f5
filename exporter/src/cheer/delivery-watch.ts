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
  /** What is not to be judged, growing; all of it beyond `judged`. */
  readonly excused: number[];
  /** Synthetic events have an age, but are not in the SLO. */
  readonly real: boolean;
}

/** A lane as the store is opened. */
export interface OpenedLane {
  readonly low: number;
  readonly high: number;
  /** What it holds, in order: how far, and the epoch milliseconds at which it was accepted. */
  readonly found: readonly { readonly high: number; readonly acceptedAt: number }[];
  /** Sequence numbers of what was replayed from quarantine, growing. */
  readonly replayed: readonly number[];
}

export interface DeliveryWatchOptions {
  readonly targetSeconds: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
  readonly judge: (good: number, bad: number) => void;
}

/**
 * Judges every event's delivery exactly once: good when it is settled within the target, bad at the very moment the
 * target has passed without that, so that a long outage is seen while it lasts.
 *
 * Over a restart, too: what an earlier process left is as old as it is by the wall clock (what is from the future is of
 * now). What was late before that process ended was judged by it; the rest is judged here. An event within a second of
 * that edge may be judged twice or not at all, for that is how exactly the end is known.
 */
export class DeliveryWatch {
  private readonly lanes: LaneWatch[] = [];

  constructor(private readonly options: DeliveryWatchOptions) {}

  /**
   * The store was opened; the last of its lanes is the synthetic one. `aliveAt`: epoch milliseconds at which the process
   * before was last seen alive. When this process opens it again, what it accepted goes on being judged, along with
   * what turns out to be durable although its commit had failed.
   */
  opened(lanes: readonly OpenedLane[], aliveAt: number): void {
    lanes.forEach((lane, i) => {
      const watch = this.lanes[i];
      if (!watch) this.lanes[i] = this.inherited(lane, aliveAt, i < lanes.length - 1);
      else {
        if (lane.high > (watch.stretches.at(-1)?.high ?? watch.judged)) {
          watch.stretches.push({ high: lane.high, at: this.options.now() });
        }
        const excused = lane.replayed.filter((seq) => seq > watch.judged);
        watch.excused.splice(0, watch.excused.length, ...excused);
      }
    });
  }

  private inherited({ low, high, found, replayed }: OpenedLane, aliveAt: number, real: boolean): LaneWatch {
    const { now, wallClock, targetSeconds } = this.options;
    const [at, wallAt] = [now(), wallClock()];
    const stretches = found.map(({ high: through, acceptedAt }) => ({
      high: through,
      at: at - Math.max(0, wallAt - acceptedAt),
    }));
    if (high > (stretches.at(-1)?.high ?? low - 1)) stretches.push({ high, at });
    const seen = found.findLast(({ acceptedAt }) => acceptedAt + targetSeconds * 1000 <= aliveAt);
    const judged = Math.max(low - 1, seen?.high ?? 0);
    return { stretches, judged, excused: replayed.filter((seq) => seq > judged), real };
  }

  committed(lane: number, high: number): void {
    this.lanes[lane]?.stretches.push({ high, at: this.options.now() });
  }

  /** This one is not judged: it was before. */
  excuse(lane: number, seq: number): void {
    this.lanes[lane]?.excused.push(seq);
  }

  /** `refused` of them went to quarantine: they were accepted and are not delivered, whoever is to blame. */
  settled(lane: number, through: number, refused: readonly number[]): void {
    const watch = this.lanes[lane];
    if (!watch) return;
    const late = this.judgeLate(watch, through);
    let bad = 0;
    for (const seq of refused) if (seq > watch.judged && !watch.excused.includes(seq)) bad += 1;
    const onTime = advance(watch, through);
    while (watch.stretches[0] && watch.stretches[0].high <= through) watch.stretches.shift();
    if (watch.real && late + onTime > 0) this.options.judge(onTime - bad, late + bad);
  }

  /** Call it a few times a second. */
  tick(): void {
    let bad = 0;
    for (const watch of this.lanes) {
      const late = this.judgeLate(watch, Infinity);
      if (watch.real) bad += late;
    }
    if (bad > 0) this.options.judge(0, bad);
  }

  /** Moves `judged` over what should have been settled by now, up to `through`; returns how many that are. */
  private judgeLate(watch: LaneWatch, through: number): number {
    const deadline = this.options.now() - this.options.targetSeconds * 1000;
    let late = 0;
    for (const { high, at } of watch.stretches) {
      if (at > deadline) break;
      late += advance(watch, Math.min(high, through));
      if (high >= through) break;
    }
    return late;
  }

  /** Monotonic milliseconds since when a lane's oldest unsettled event waits; undefined when it has none. */
  waitsSince(lane: number): number | undefined {
    return this.lanes[lane]?.stretches[0]?.at;
  }

  /** Seconds for which the oldest unsettled real event has been waiting; 0 when there is none. */
  oldestSeconds(): number {
    let oldest = Infinity;
    for (const { stretches, real } of this.lanes) {
      if (real && stretches[0]) oldest = Math.min(oldest, stretches[0].at);
    }
    return oldest === Infinity ? 0 : (this.options.now() - oldest) / 1000;
  }
}

/** Moves `judged` on; returns how many events that passes, without the excused. */
function advance(watch: LaneWatch, to: number): number {
  if (to <= watch.judged) return 0;
  let count = to - watch.judged;
  watch.judged = to;
  while (watch.excused[0] !== undefined && watch.excused[0] <= to) {
    watch.excused.shift();
    count -= 1;
  }
  return count;
}
