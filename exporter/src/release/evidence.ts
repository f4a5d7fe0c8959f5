import type { Counters } from './counters';

/** What became of one synthetic event at the ingest of one side. */
export interface Attempt {
  /** `<run>/<n>` */
  readonly id: string;
  /** `unreachable`: no connection was made at all; `failed`: every other way of not being acknowledged. */
  readonly outcome: 'accepted' | 'failed' | 'unreachable';
  /** HTTP status; null without an answer. */
  readonly status: number | null;
  /** Why it was not accepted; empty when it was. */
  readonly why: string;
  /** From sending to the answer, as the client saw it. */
  readonly seconds: number;
}

/** Where a synthetic event is, as its service tells. */
export interface Delivery {
  readonly status: 'accepted' | 'published' | 'quarantined' | 'dropped';
  /** From accepted to settled; null while it is not. */
  readonly seconds: number | null;
}

/** By event id; empty when the service knows nothing of the run, undefined when it does not say. */
export type Deliveries = ReadonlyMap<string, Delivery> | undefined;

export type Probe =
  | { readonly kind: 'ready' }
  | { readonly kind: 'not_ready'; readonly status: number }
  | { readonly kind: 'unreachable'; readonly why: string };

/** One side in one round; counters are undefined when the scrape failed. */
export interface SideRound {
  readonly attempts: readonly Attempt[];
  readonly before: Counters | undefined;
  readonly after: Counters | undefined;
}

export interface GoodBad {
  readonly good: number;
  readonly bad: number;
}

/** What Prometheus knows of one side over the round, all of its processes together. */
export interface PrometheusSide {
  /** By SLO. */
  readonly slos: ReadonlyMap<string, GoodBad>;
  /** Cheers per batch; null without batches. */
  readonly cheerRatio: number | null;
}

/** `why` says what is missing. */
export type PrometheusView =
  | { readonly target: PrometheusSide; readonly baseline: PrometheusSide | undefined }
  | { readonly why: string };

export interface Round {
  readonly target: SideRound;
  /** Undefined when there is none to compare with. */
  readonly baseline: SideRound | undefined;
  /** Undefined when it was not asked. */
  readonly prometheus: PrometheusView | undefined;
}

export interface Side {
  /** Before the first event, after having waited for it to become ready. */
  readonly first: Probe;
  /** After the last event. */
  readonly last: Probe;
  /** As its summary says; undefined when it does not. */
  readonly version: string | undefined;
  /** At the end of all rounds. */
  readonly deliveries: Deliveries;
}

/** All that the gates judge. */
export interface Evidence {
  /** The version that is to be judged. */
  readonly release: string;
  /** Epoch seconds by the clock of the release, where it tells; a process that began later is a new one. */
  readonly startedAt: number;
  readonly target: Side;
  /** Undefined when none was named. */
  readonly baseline: Side | undefined;
  /** One, or two when something did not pass in the first. */
  readonly rounds: readonly Round[];
}
