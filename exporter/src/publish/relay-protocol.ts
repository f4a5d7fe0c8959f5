import type { BreakerState, CallResult } from '@selfcheer/cheer-kit';
import type { QuarantineVerdict, Traffic } from '../event';

/** From the main thread to the relay. */
export type RelayCommand =
  /** Lanes have grown: `[lane, last durable sequence number]`. */
  | { readonly kind: 'advance'; readonly marks: readonly (readonly [number, number])[] }
  /** What the lane gave to be frozen, up to this record, is stored: it may be sent. */
  | { readonly kind: 'frozen'; readonly lane: number; readonly through: number }
  /** Begin nothing new; settle what is frozen within this time, then report `stopped`. */
  | { readonly kind: 'stop'; readonly withinMs: number };

/** A batch whose bytes are fixed and which is now being sent. */
export interface FrozenBatch {
  readonly lane: number;
  readonly through: number;
  readonly events: number;
  readonly traffic: Traffic;
}

/** What enrichment found elsewhere for records of a lane: to be stored before they are first sent. */
export interface FreezeRequest {
  readonly lane: number;
  /** The last of them. */
  readonly through: number;
  /** `[seq, text]`, in order. */
  readonly results: readonly (readonly [number, string])[];
}

/** Attempts to call a downstream of enrichment since the last report of them. */
export interface DownstreamCalls {
  readonly downstream: string;
  readonly calls: Readonly<Partial<Record<CallResult, number>>>;
  /** Attempts that were made again. */
  readonly retries: number;
  /** How the last one ended; `detail` when it failed: one sentence for the log. */
  readonly last: CallResult;
  readonly detail?: string;
}

/** An event that enrichment or the sink refused for good. */
export interface RefusedEvent {
  readonly seq: number;
  readonly eventId: string;
  /** Absent when the producer sent no trace context. */
  readonly traceId?: string;
  readonly verdict: QuarantineVerdict;
  /** Sends and enrichments tried. */
  readonly attempts: number;
}

/** A batch of which every event is published, dropped or refused for good. */
export interface SettledBatch {
  readonly lane: number;
  readonly through: number;
  readonly traffic: Traffic;
  /** Bytes of its records in the outbox. */
  readonly bytes: number;
  readonly enriched: number;
  readonly published: number;
  readonly dropped: number;
  /** Of the synthetic lane which ones; of the others they are only counted. */
  readonly droppedSeqs: readonly number[];
  readonly refused: readonly RefusedEvent[];
  readonly enrichSeconds: number;
  readonly publishSeconds: number;
  /** Sends that failed on the way, whatever the reason. */
  readonly failedSends: number;
  /** Where its spans are, when it has any. */
  readonly traceId?: string;
}

export type SendResult = 'published' | 'ambiguous' | 'waiting' | 'refused';

/** From the relay to the main thread. */
export type RelayReport =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'frozen' } & FrozenBatch)
  | ({ readonly kind: 'settled' } & SettledBatch)
  /** One send has ended. */
  | {
      readonly kind: 'sent';
      readonly result: SendResult;
      readonly retry: boolean;
      readonly seconds: number;
      /** Present when it failed: one sentence for the log and the page. */
      readonly detail?: string;
    }
  /** The lane's batch can't go on now, and why; holds until it is settled or another reason comes. */
  | { readonly kind: 'waiting'; readonly lane: number; readonly detail: string }
  /** Answered by `frozen`. */
  | ({ readonly kind: 'freeze' } & FreezeRequest)
  | ({ readonly kind: 'called' } & DownstreamCalls)
  /** Of the sink or of a downstream of enrichment. */
  | { readonly kind: 'breaker'; readonly downstream: string; readonly state: BreakerState }
  | { readonly kind: 'stopped' };
