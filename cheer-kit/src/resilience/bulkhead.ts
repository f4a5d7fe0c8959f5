import { checkCount } from './check';
import { BulkheadFullError } from './errors';
import { Slots } from './slots';

/** For `createBulkhead`. */
export interface BulkheadOptions {
  /** Operations at the same time. */
  readonly slots: number;
  /** Operations that may wait for a slot, first come, first served; 0 for none. */
  readonly queue: number;
}

/** Keeps one slow downstream from taking everything: so many at a time, so many waiting, the rest is refused at once. */
export interface Bulkhead {
  readonly inUse: number;
  readonly waiting: number;
  /** Rejects with BulkheadFullError, or with the signal's reason when it is aborted while waiting. */
  run<T>(operation: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** @throws RangeError for options that make no sense. */
export function createBulkhead({ slots, queue }: BulkheadOptions): Bulkhead {
  checkCount('bulkhead slots', slots, 1);
  checkCount('bulkhead queue', queue, 0);
  const pool = new Slots(slots);
  return {
    get inUse() {
      return pool.inUse;
    },
    get waiting() {
      return pool.waiting;
    },
    async run(operation, signal) {
      if (!pool.free && pool.waiting >= queue) throw new BulkheadFullError(slots, queue);
      await pool.acquire(signal);
      try {
        return await operation();
      } finally {
        pool.release();
      }
    },
  };
}
