import type { QuarantineVerdict, Traffic } from '../event';

/** From the main thread to the relay. */
export type RelayCommand =
  /** Lanes have grown: `[lane, last durable sequence number]`. */
  | { readonly kind: 'advance'; readonly marks: readonly (readonly [number, number])[] }
  /** Begin nothing new; settle what is frozen within this time, then report `stopped`. */
  | { readonly kind: 'stop'; readonly withinMs: number };

/** A batch whose bytes are fixed and which is now being sent. */
export interface FrozenBatch {
  readonly lane: number;
  readonly through: number;
  readonly events: number;
  readonly traffic: Traffic;
  /** Epoch milliseconds of its oldest event's acceptance. */
  readonly oldestAcceptedAt: number;
}

/** An event that enrichment or the sink refused for good. */
export interface RefusedEvent {
  readonly seq: number;
  readonly eventId: string;
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
  readonly refused: readonly RefusedEvent[];
  readonly oldestAcceptedAt: number;
  /** Epoch milliseconds at which the sink had acknowledged the last of it. */
  readonly settledAt: number;
  readonly enrichSeconds: number;
  readonly publishSeconds: number;
  /** Sends that failed on the way, whatever the reason. */
  readonly failedSends: number;
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
  | { readonly kind: 'breaker'; readonly state: 'closed' | 'open' | 'half_open' }
  | { readonly kind: 'stopped' };
