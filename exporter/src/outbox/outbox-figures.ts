import type { StoreError } from '../errors';

/** Figures of the outbox at one moment. Bytes for sizes, seconds for ages. */
export interface OutboxFigures {
  readonly commitQueueBytes: number;
  readonly commitOldestSeconds: number;
  readonly outboxBytes: number;
  /** What the quota is for: the outbox and quarantine. */
  readonly heldBytes: number;
  readonly outboxRecords: number;
  /** There is no room left, or there was none for what came within the last second. */
  readonly full: boolean;
  readonly dedupeIds: number;
  readonly dedupeWindowSeconds: number;
  readonly quarantined: number;
  readonly lanes: number;
  readonly fencedBy: StoreError | undefined;
}
