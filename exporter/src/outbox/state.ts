import { StoreError } from '../errors';
import { seal, unseal } from './sealed';

/** First unsettled and last accepted sequence number of a lane; `low = high + 1` when all is settled. */
export interface LaneMarks {
  low: number;
  high: number;
}

/** One generation of remembered identities. */
export interface Generation {
  readonly id: number;
  /** Identities written into it. */
  count: number;
  /** Milliseconds for which it has been the newest, counted on a monotonic clock while the service runs. */
  ageMs: number;
}

/**
 * What the store knows about itself: one row, written in the same atomic batch as every change it describes.
 * The last lane is the synthetic one.
 */
export interface StoreState {
  readonly storeId: string;
  readonly lanes: LaneMarks[];
  /** Epoch milliseconds at which the process that had the store was last seen alive; absent in older stores. */
  aliveAt?: number;
  /** Bytes of unsettled records. */
  bytes: number;
  quarantine: { next: number; count: number; bytes: number };
  dedupe: {
    /** Newest first, at most two that are looked up. */
    generations: Generation[];
    /** Generations that are being removed. */
    dropping: number[];
    /** True once a generation was dropped: from then on the window has an end. */
    dropped: boolean;
  };
}

export function newState(storeId: string, lanes: number): StoreState {
  return {
    storeId,
    lanes: Array.from({ length: lanes + 1 }, () => ({ low: 1, high: 0 })),
    bytes: 0,
    quarantine: { next: 1, count: 0, bytes: 0 },
    dedupe: { generations: [{ id: 1, count: 0, ageMs: 0 }], dropping: [], dropped: false },
  };
}

export function encodeState(state: StoreState): Buffer {
  return seal(state);
}

/** Throws StoreError `store_damaged` when the row is missing or not whole. */
export function decodeState(row: Buffer | undefined): StoreState {
  const state = row && unseal(row);
  if (!state) {
    throw new StoreError(
      'store_damaged',
      "The store's state row is missing or damaged. Nothing was changed. Run `selfcheer store check` for a report.",
    );
  }
  return state as StoreState;
}

/** Sequence number below which everything of this lane is settled, and the number of unsettled records. */
export function backlog(marks: LaneMarks): number {
  return marks.high - marks.low + 1;
}
