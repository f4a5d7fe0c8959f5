import { missReasons, type MissReason, type TrafficKind } from './verdict';

/** Batches by outcome since the start: each of them is either a cheer or a miss. */
export class BatchCounts {
  private readonly cheers = new Map<TrafficKind, number>();
  private readonly misses = new Map<string, number>();
  private cheersSum = 0;
  private missesSum = 0;

  /** Counts one that went well. */
  cheer(traffic: TrafficKind): void {
    this.cheersSum += 1;
    this.cheers.set(traffic, this.cheersOf(traffic) + 1);
  }

  /** Counts one that did not. */
  miss(reason: MissReason, traffic: TrafficKind): void {
    this.missesSum += 1;
    this.misses.set(`${reason} ${traffic}`, this.missesOf(reason, traffic) + 1);
  }

  /** Those that went well. */
  cheersOf(traffic: TrafficKind): number {
    return this.cheers.get(traffic) ?? 0;
  }

  /** Those that did not, for this reason. */
  missesOf(reason: MissReason, traffic: TrafficKind): number {
    return this.misses.get(`${reason} ${traffic}`) ?? 0;
  }

  /** All of them. */
  batchesOf(traffic: TrafficKind): number {
    return missReasons.reduce((sum, reason) => sum + this.missesOf(reason, traffic), this.cheersOf(traffic));
  }

  get cheersTotal(): number {
    return this.cheersSum;
  }

  get missesTotal(): number {
    return this.missesSum;
  }
}
