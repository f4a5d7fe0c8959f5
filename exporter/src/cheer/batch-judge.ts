import type { MissReason } from '@selfcheer/cheer-kit';
import type { Traffic } from '../event';
import { countOf } from '../words';

interface Frozen {
  readonly traffic: Traffic;
  readonly events: number;
  /** Monotonic milliseconds at which its oldest event began to wait; before the process began for one of an earlier. */
  readonly waitsSince: number;
  /** Monotonic milliseconds. */
  readonly frozenAt: number;
  judged: boolean;
}

/** A batch whose bytes are fixed. */
export interface FrozenFacts {
  readonly lane: number;
  readonly traffic: Traffic;
  readonly events: number;
}

/** A batch that is settled. */
export interface SettledFacts {
  readonly lane: number;
  readonly traffic: Traffic;
  readonly refused: readonly { readonly verdict: { readonly reason: string; readonly detail: string } }[];
  readonly failedSends: number;
}

export interface BatchJudgeOptions {
  readonly targetSeconds: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Monotonic milliseconds since when a lane's oldest unsettled event waits; undefined when it has none. */
  readonly waitsSince: (lane: number) => number | undefined;
  /** Names of those whose breaker is not closed. */
  readonly troubledDownstreams: () => readonly string[];
  readonly cheer: (traffic: Traffic, seconds: number) => void;
  readonly miss: (traffic: Traffic, reason: MissReason, detail: string) => void;
}

/**
 * Gives every relay batch exactly one outcome: a cheer when all its events were settled within the target over a
 * healthy sink, otherwise a miss with one reason. A batch that is late is a miss there and then. Its age is counted on
 * the monotonic clock: a clock that is moved makes nothing late.
 */
export class BatchJudge {
  private readonly lanes = new Map<number, Frozen>();

  constructor(private readonly options: BatchJudgeOptions) {}

  frozen(batch: FrozenFacts): void {
    const { lane, traffic, events } = batch;
    const frozenAt = this.options.now();
    const waitsSince = this.options.waitsSince(lane) ?? frozenAt;
    this.lanes.set(lane, { traffic, events, waitsSince, frozenAt, judged: false });
  }

  settled(batch: SettledFacts): void {
    const frozen = this.lanes.get(batch.lane);
    this.lanes.delete(batch.lane);
    if (!frozen || frozen.judged) return;
    const { targetSeconds, cheer, miss } = this.options;
    const seconds = (this.options.now() - frozen.waitsSince) / 1000;
    const [refused] = batch.refused;
    const troubled = this.options.troubledDownstreams();
    if (refused) {
      const reason = refused.verdict.reason === 'bug' ? 'error' : 'quarantined';
      miss(
        batch.traffic,
        reason,
        `${countOf(batch.refused.length, 'event')} quarantined: ${refused.verdict.detail}`,
      );
    } else if (batch.failedSends > 0) {
      miss(batch.traffic, 'downstream', `${countOf(batch.failedSends, 'send')} failed on the way`);
    } else if (troubled.length > 0) {
      miss(batch.traffic, 'downstream', `settled while the breaker of ${troubled.join(', ')} was not closed`);
    } else if (seconds > targetSeconds) {
      miss(batch.traffic, 'latency', `settled after ${seconds.toFixed(2)} s, target ${targetSeconds} s`);
    } else {
      cheer(batch.traffic, (this.options.now() - frozen.frozenAt) / 1000);
    }
  }

  /** Call it a few times a second. */
  tick(): void {
    const { targetSeconds, now, troubledDownstreams, miss } = this.options;
    for (const frozen of this.lanes.values()) {
      if (frozen.judged || now() - frozen.waitsSince <= targetSeconds * 1000) continue;
      frozen.judged = true;
      const reason = troubledDownstreams().length > 0 ? 'downstream' : 'timeout';
      miss(
        frozen.traffic,
        reason,
        `${countOf(frozen.events, 'event')} not settled within ${targetSeconds} s`,
      );
    }
  }

  /** Events that are frozen now. */
  inFlight(): number {
    let events = 0;
    for (const frozen of this.lanes.values()) events += frozen.events;
    return events;
  }

  /** True when this lane's batch was not settled in time and is still not. */
  isLate(lane: number): boolean {
    return this.lanes.get(lane)?.judged ?? false;
  }

  /** Seconds for which the oldest of them has been frozen; 0 when there is none. */
  oldestSeconds(): number {
    let oldest = Infinity;
    for (const { frozenAt } of this.lanes.values()) oldest = Math.min(oldest, frozenAt);
    return oldest === Infinity ? 0 : (this.options.now() - oldest) / 1000;
  }

  /** The relay has died: its batches will be frozen anew. */
  forget(): void {
    this.lanes.clear();
  }
}
