import type { BreakerState, CheerState, CheerVerdict, MissReason, TrafficKind } from './verdict';

/** What happened in a cheer engine; subscribers get each of them once, in order. `at` is epoch milliseconds. */
export type EngineEvent =
  StateEvent | BatchCheered | BatchMissed | BreakerEvent | EventsQuarantined | EventsRecovered;

/** The state has changed. */
export interface StateEvent {
  readonly type: 'state';
  readonly at: number;
  readonly from: CheerState;
  readonly to: CheerState;
  readonly verdict: CheerVerdict;
  /** The flag that switched it off, when `to` is `disabled`. */
  readonly flag?: string;
  /** Seconds since green was left, when `to` is green again. */
  readonly recoverySeconds?: number;
}

/** A batch, or another piece of work, went well. */
export interface BatchCheered {
  readonly type: 'cheer';
  readonly at: number;
  readonly traffic: TrafficKind;
  readonly durationSeconds: number;
}

/** One did not. */
export interface BatchMissed {
  readonly type: 'miss';
  readonly at: number;
  readonly traffic: TrafficKind;
  readonly reason: MissReason;
  readonly detail: string;
}

/** A breaker has opened, closed, or sends a probe. */
export interface BreakerEvent {
  readonly type: 'breaker';
  readonly at: number;
  readonly downstream: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
}

/** Events that can't go on and wait for a person. */
export interface EventsQuarantined {
  readonly type: 'quarantined';
  readonly at: number;
  readonly count: number;
  readonly reason: string;
  /** Where it happened. */
  readonly step: string;
  /** What is wrong with the first of them, and which that is. */
  readonly detail: string;
}

/** Events that had been in quarantine, were sent again and are through. */
export interface EventsRecovered {
  readonly type: 'recovered';
  readonly at: number;
  readonly count: number;
  /** Which the first of them is, and how long that took. */
  readonly detail: string;
}
