import { headerText, type MessageHeaders } from './trace-headers';

/**
 * Remembers what was processed. One of your own, in the database that the handler writes to, makes a duplicate harmless
 * over restarts, too. What it rejects with fails the message, which is then delivered again.
 */
export interface DedupeStore {
  /** Whether it was processed; asked before the handler. */
  has(identity: string): boolean | Promise<boolean>;
  /** Called once the handler has succeeded. */
  add(identity: string): void | Promise<void>;
}

/** The identities used last, in memory: duplicates of a retry or a rebalance, not those after a restart. */
export class MemoryDedupe implements DedupeStore {
  private readonly known = new Set<string>();

  /** @param capacity identities that it keeps, about 150 bytes each; 50,000 when absent */
  constructor(private readonly capacity = 50_000) {
    if (!(Number.isInteger(capacity) && capacity >= 1)) {
      throw new RangeError(`capacity ${capacity} must be a whole number, 1 or more`);
    }
  }

  /** True when it was added, and not forgotten since; it is then seen anew. */
  has(identity: string): boolean {
    if (!this.known.delete(identity)) return false;
    this.known.add(identity);
    return true;
  }

  add(identity: string): void {
    this.known.delete(identity);
    this.known.add(identity);
    if (this.known.size <= this.capacity) return;
    // A set iterates in the order of adding: the first is the one not seen for longest.
    for (const oldest of this.known) return void this.known.delete(oldest);
  }
}

/**
 * What tells a message from all others: the CloudEvents headers `ce_source` and `ce_id`, and `ce_revision`, since an
 * update has the id of what it updates. Undefined for a message that has none: it can't be told from its duplicate.
 */
export function identityOf(headers: MessageHeaders | undefined): string | undefined {
  const id = headerText(headers, 'ce_id');
  const source = headerText(headers, 'ce_source');
  if (id === undefined || source === undefined) return undefined;
  return JSON.stringify([source, id, headerText(headers, 'ce_revision') ?? '']);
}
