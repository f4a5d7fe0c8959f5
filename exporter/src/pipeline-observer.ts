import type { AppendOutcome, Event } from './event';
import type { Committed } from './outbox/committer';
import type { FoundStretch } from './outbox/found-ages';
import type { Replay } from './outbox/replays';
import type { RelayReport } from './publish/relay-protocol';

/** What the pipeline tells as it happens. Called on the hot path: cheap, and never throwing. */
export interface PipelineObserver {
  /** The store is open and verified; `lanes` are all of its lanes, the synthetic one last. */
  opened(lanes: readonly OpenedLane[], aliveAt: number): void;
  committed(lanes: readonly Committed[], seconds: number): void;
  /** What became of the events of one request as they were stored; in the turn in which that is known. */
  appended(events: readonly Event[], outcomes: readonly AppendOutcome[]): void;
  /** This event is on its way again, as number `seq` of its lane. */
  replayed(lane: number, seq: number): void;
  /** Replayed events were settled and did not come back to quarantine. */
  recovered(replays: readonly Replay[]): void;
  /** Everything the relay reports, before a settled batch is noted in the store. */
  reported(report: RelayReport): void;
  /** The relay thread has died and is started anew. */
  relayLost(error: Error): void;
  /** A write failed; nothing is accepted until `opened`. */
  fenced(error: Error): void;
}

/** What a lane holds as the store is opened. */
export interface OpenedLane {
  readonly low: number;
  readonly high: number;
  /** When that was accepted, as far as it is known. */
  readonly found: readonly FoundStretch[];
  /** Sequence numbers of what is a replay from quarantine, growing. */
  readonly replayed: readonly number[];
}
