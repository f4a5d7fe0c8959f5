/** States of a service's health cheer; see docs/architecture.md for the machine. */
export const cheerStates = ['warming', 'green', 'yellow', 'red', 'disabled'] as const;
/** One of `cheerStates`. */
export type CheerState = (typeof cheerStates)[number];

/** Value list of the label `condition`. */
export const conditionNames = ['error_budget', 'latency', 'saturation', 'age', 'breakers'] as const;
/** One of `conditionNames`. */
export type ConditionName = (typeof conditionNames)[number];

/** Value list of the label `reason` of misses. */
export const missReasons = ['latency', 'downstream', 'timeout', 'quarantined', 'error'] as const;
/** One of `missReasons`. */
export type MissReason = (typeof missReasons)[number];

/** Value list of the label `state` of breakers. */
export const breakerStates = ['closed', 'open', 'half_open'] as const;
/** One of `breakerStates`. */
export type BreakerState = (typeof breakerStates)[number];

/** Unit of a condition’s figure and limit. */
export type FigureUnit = 'ratio' | 'seconds' | 'count';

/** What the figure and the limit of each condition are. */
export const conditionUnits: Readonly<Record<ConditionName, FigureUnit>> = {
  error_budget: 'ratio',
  latency: 'seconds',
  saturation: 'ratio',
  age: 'seconds',
  breakers: 'count',
};

/** One condition of health: the figure beside its limit. */
export interface Condition {
  readonly name: ConditionName;
  readonly ok: boolean;
  /** What was measured. Absent when idle. */
  readonly figure?: number;
  readonly limit: number;
  /** Of figure and limit. */
  readonly unit: FigureUnit;
  /** A short sentence with both figures and what they belong to (slo, queue or downstream by name). */
  readonly detail: string;
  /** Epoch milliseconds since when it holds, or fails, without a hold: the reasons have that. */
  readonly since: number;
}

/** Why the state is not green, most severe first. */
export interface Reason {
  /** A condition's name, or `refusing`, `fenced`, `degraded`, `draining`. */
  readonly code: ConditionName | 'refusing' | 'fenced' | 'degraded' | 'draining';
  readonly detail: string;
  /** What was measured when it was wrong last, what that is held against, and the unit of both: of conditions only. */
  readonly figure?: number;
  readonly limit?: number;
  readonly unit?: FigureUnit;
  /** Epoch milliseconds at which this reason began. */
  readonly since: number;
}

/** See `ServiceMode`. */
export const serviceModes = ['normal', 'degraded', 'refusing', 'draining'] as const;
/**
 * What the service does with requests at this moment, without any hold: takes them, turns some of them away, turns all of
 * them away, or is leaving.
 */
export type ServiceMode = (typeof serviceModes)[number];

/** The health cheer of one service at one moment. */
export interface CheerVerdict {
  readonly state: CheerState;
  /** 0 to 100; null while warming or disabled. */
  readonly score: number | null;
  /** True when no real event was seen in the latency window. */
  readonly idle: boolean;
  /** Epoch milliseconds since when this state holds. */
  readonly since: number;
  readonly reasons: readonly Reason[];
  readonly conditions: readonly Condition[];
  /** Smallest remaining error budget over all SLOs in the 1 h window, 1 when untouched, negative when overspent. */
  readonly errorBudgetRemaining: number;
  readonly cheersTotal: number;
  readonly missesTotal: number;
}

/** Something worth telling: a state change, a miss, an operator's action. */
export interface CheerEvent {
  /** Grows by one for each event; survives restarts. */
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly kind: 'state' | 'miss' | 'quarantine' | 'flag' | 'release';
  readonly title: string;
  readonly detail: string;
  readonly state?: CheerState;
  readonly reason?: MissReason;
  /**
   * Where in its course a failure is. `flagged`: something went wrong, seen first now. `quarantined`: events were set
   * aside. `recovered`: they are through after all, or the state is green again.
   */
  readonly phase?: CheerPhase;
}

/** See `CheerEvent.phase`. */
export type CheerPhase = 'flagged' | 'quarantined' | 'recovered';

/** Real traffic counts in SLOs; synthetic traffic (heartbeats, release checks) only keeps the signal alive. */
export const trafficKinds = ['real', 'synthetic'] as const;
/** One of `trafficKinds`. */
export type TrafficKind = (typeof trafficKinds)[number];
