import type { BreakerState, CheerState, CheerVerdict, MissReason, TrafficKind } from './verdict';

/** What happened in a cheer engine; subscribers get each of them once, in order. `at` is epoch milliseconds. */
export type EngineEvent = StateEvent | BatchCheered | BatchMissed | BreakerEvent;

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

export interface BatchCheered {
  readonly type: 'cheer';
  readonly at: number;
  readonly traffic: TrafficKind;
  readonly durationSeconds: number;
}

export interface BatchMissed {
  readonly type: 'miss';
  readonly at: number;
  readonly traffic: TrafficKind;
  readonly reason: MissReason;
  readonly detail: string;
}

export interface BreakerEvent {
  readonly type: 'breaker';
  readonly at: number;
  readonly downstream: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
}
