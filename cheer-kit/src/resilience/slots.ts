import { asError } from './errors';

/**
 * Slots that are handed out first come, first served. Every wait can be aborted, and one that is leaves the queue at
 * once; cockatiel's bulkhead notices only when its turn has come.
 */
export class Slots {
  private used = 0;
  /** In the order of arrival; a set, so that leaving costs the same wherever one stands. */
  private readonly waiters = new Set<() => void>();

  constructor(private capacity: number) {}

  get inUse(): number {
    return this.used;
  }

  get waiting(): number {
    return this.waiters.size;
  }

  get free(): boolean {
    return this.used < this.capacity && this.waiters.size === 0;
  }

  /** More is handed out at once; less is reached as slots come back. */
  resize(capacity: number): void {
    this.capacity = capacity;
    this.serve();
  }

  /** Resolves when a slot is the caller's, who must call `release` once. Rejects with the signal's reason. */
  acquire(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(asError(signal.reason));
    if (this.free) {
      this.used += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const served = (): void => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      const aborted = (): void => {
        this.waiters.delete(served);
        reject(asError(signal?.reason));
      };
      signal?.addEventListener('abort', aborted, { once: true });
      this.waiters.add(served);
    });
  }

  release(): void {
    this.used -= 1;
    this.serve();
  }

  private serve(): void {
    for (const waiter of this.waiters) {
      if (this.used >= this.capacity) return;
      this.waiters.delete(waiter);
      this.used += 1;
      waiter();
    }
  }
}
