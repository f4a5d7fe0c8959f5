import type { StoredEvent } from '../event';
import { decodeFrozen } from './frozen';
import { frozenKey, outboxKey, parseOutboxKey } from './keys';
import { decodeRecord } from './record';
import { openLevel, type Db } from './store';

/** Events read from one lane, and the bytes that their records take in the store. */
export interface ReadBatch {
  readonly events: readonly StoredEvent[];
  readonly bytes: number;
}

/** Reads lanes of the outbox from another thread, through the handle that the writer opened in this process. */
export class OutboxReader {
  /** By lane and sequence number, until its event is read: what is frozen from now on belongs to events read before. */
  private readonly frozen = new Map<number, Map<number, string>>();

  private constructor(private readonly db: Db) {}

  static async open(location: string): Promise<OutboxReader> {
    return new OutboxReader(await openLevel(location, false));
  }

  /**
   * Finds what earlier relays have frozen with events after `settled`, the last settled sequence number of each lane:
   * `read` gives it with them. Throws StoreError `record_damaged`.
   */
  async findFrozen(settled: readonly number[]): Promise<void> {
    for (const [lane, last] of settled.entries()) {
      const range = { gt: frozenKey(lane, last), lt: frozenKey(lane + 1, 0) };
      const texts = new Map<number, string>();
      for await (const [key, row] of this.db.iterator(range)) {
        const { seq } = parseOutboxKey(key);
        texts.set(seq, decodeFrozen(lane, seq, row));
      }
      if (texts.size > 0) this.frozen.set(lane, texts);
    }
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
        return this.withFrozen(decodeRecord(lane, parseOutboxKey(key).seq, record));
      });
      return { events, bytes };
    } finally {
      await iterator.close();
    }
  }

  private withFrozen(event: StoredEvent): StoredEvent {
    const texts = this.frozen.get(event.lane);
    const frozen = texts?.get(event.seq);
    if (!texts || frozen === undefined) return event;
    texts.delete(event.seq);
    return { ...event, frozen };
  }

  close(): Promise<void> {
    return this.db.close();
  }
}
