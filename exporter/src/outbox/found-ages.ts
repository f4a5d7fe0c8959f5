/** Events of one lane, in a row, that were accepted at about the same time. */
export interface FoundStretch {
  readonly high: number;
  /** Epoch milliseconds: nothing of it was accepted earlier. */
  readonly acceptedAt: number;
}

/** When a replayed event began to wait anew. */
interface ReplayTimes {
  get(lane: number, seq: number): { readonly replayedAt: number } | undefined;
}

const finestMs = 100;
/** Stretches grow with their age: some hundred of them a lane, however long the sink was away. */
const agesAStretch = 64;

/**
 * When the events that a store holds at its opening were accepted, in few numbers: each to within a 64th of its age
 * at `aliveAt`, the end of the process before, but no finer than 100 ms.
 */
export class FoundAges {
  private readonly lanes = new Map<number, { high: number; acceptedAt: number; began: number }[]>();

  /** `aliveAt`: epoch milliseconds. */
  constructor(
    readonly aliveAt: number,
    private readonly replays?: ReplayTimes,
  ) {}

  /** Call it in the order of the lane. */
  add(lane: number, seq: number, acceptedAt: number): void {
    const at = this.replays?.get(lane, seq)?.replayedAt ?? acceptedAt;
    let stretches = this.lanes.get(lane);
    if (!stretches) this.lanes.set(lane, (stretches = []));
    const last = stretches.at(-1);
    if (last && Math.abs(at - last.began) <= Math.max(finestMs, (this.aliveAt - last.began) / agesAStretch)) {
      last.high = seq;
      last.acceptedAt = Math.min(last.acceptedAt, at);
    } else stretches.push({ high: seq, acceptedAt: at, began: at });
  }

  /** Whatever the clock did meanwhile: nothing is younger than what was accepted after it. */
  of(lane: number): FoundStretch[] {
    let earliest = Infinity;
    return (this.lanes.get(lane) ?? [])
      .toReversed()
      .map(({ high, acceptedAt }) => ({ high, acceptedAt: (earliest = Math.min(earliest, acceptedAt)) }))
      .reverse();
  }
}
