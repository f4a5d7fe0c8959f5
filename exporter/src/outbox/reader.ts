import type { StoredEvent } from '../event';
import { outboxKey, parseOutboxKey } from './keys';
import { decodeRecord } from './record';
import { openLevel, type Db } from './store';

/** Events read from one lane, and the bytes that their records take in the store. */
export interface ReadBatch {
  readonly events: readonly StoredEvent[];
  readonly bytes: number;
}

/** Reads lanes of the outbox from another thread, through the handle that the writer opened in this process. */
export class OutboxReader {
  private constructor(private readonly db: Db) {}

  static async open(location: string): Promise<OutboxReader> {
    return new OutboxReader(await openLevel(location, false));
  }

  /**
   * The events of a lane after `after` and up to `through`, in order: at most `maxEvents`, and about `maxBytes`
   * but at least one. Throws StoreError `record_damaged`.
   */
  async read(
    lane: number,
    after: number,
    through: number,
    maxEvents: number,
    maxBytes: number,
  ): Promise<ReadBatch> {
    const iterator = this.db.iterator({
      gt: outboxKey(lane, after),
      lte: outboxKey(lane, through),
      highWaterMarkBytes: maxBytes,
      fillCache: false,
    });
    try {
      const rows = await iterator.nextv(maxEvents);
      let bytes = 0;
      const events = rows.map(([key, record]) => {
        bytes += record.length;
        return decodeRecord(lane, parseOutboxKey(key).seq, record);
      });
      return { events, bytes };
    } finally {
      await iterator.close();
    }
  }

  close(): Promise<void> {
    return this.db.close();
  }
}
