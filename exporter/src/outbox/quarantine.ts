import type { QuarantinedEvent, QuarantineVerdict } from '../event';
import { laneOf, outboxKey, parseQuarantineKey, quarantineKey, quarantineRange } from './keys';
import type { Batch, Outbox } from './outbox';
import { decodeQuarantined, encodeQuarantined } from './quarantine-record';
import type { Store } from './store';

/** An event that enrichment or the sink refused for good. */
export interface Refused {
  readonly seq: number;
  readonly verdict: QuarantineVerdict;
  /** Sends and enrichments tried. */
  readonly attempts: number;
}

/**
 * Events that were accepted but can't go on, each with its reason, until a person replays or discards them.
 * They move out of their lane and back in atomic batches of the outbox: at no moment are they in neither place.
 */
export class Quarantine {
  private readonly leaving = new Set<number>();

  constructor(
    private readonly store: Store,
    private readonly outbox: Outbox,
  ) {}

  get count(): number {
    return this.store.state.quarantine.count;
  }

  /** Adds the writes that move records of a lane here; part of that lane's settlement. */
  async moveIn(batch: Batch, lane: number, refused: readonly Refused[]): Promise<void> {
    const records = await this.store.db.getMany(refused.map(({ seq }) => outboxKey(lane, seq)));
    const { quarantine } = this.store.state;
    refused.forEach(({ seq, verdict, attempts }, i) => {
      const record = records[i];
      if (!record) throw new Error(`record ${lane}:${seq} is not in the store`);
      const value = encodeQuarantined({ lane, seq, verdict, attempts, quarantinedAt: Date.now() }, record);
      batch.put(quarantineKey(quarantine.next), value);
      quarantine.next += 1;
      quarantine.count += 1;
      quarantine.bytes += value.length;
    });
  }

  /** Up to `limit` events with a smaller number than `before`, greatest number first. */
  async list(page: { readonly before: number; readonly limit: number }): Promise<QuarantinedEvent[]> {
    const below = Math.min(page.before, this.store.state.quarantine.next);
    const range = { gte: quarantineRange.gte, lt: quarantineKey(below), reverse: true, limit: page.limit };
    const rows = await this.store.db.iterator(range).all();
    return rows.map(([key, row]) => decodeQuarantined(parseQuarantineKey(key), row).event);
  }

  async get(number: number): Promise<QuarantinedEvent | undefined> {
    const row = await this.store.db.get(quarantineKey(number));
    return row && decodeQuarantined(number, row).event;
  }

  /** Sends an event through the pipeline again, under its own id and revision. Undefined when there is none. */
  replay(number: number): Promise<QuarantinedEvent | undefined> {
    return this.takeOut(number, (batch, event, record) => {
      const lane = laneOf(event.event, this.store.state.lanes.length);
      this.outbox.enqueue(batch, lane, record);
    });
  }

  /** Removes an event for good. Undefined when there is none. */
  discard(number: number): Promise<QuarantinedEvent | undefined> {
    return this.takeOut(number, () => undefined);
  }

  private async takeOut(
    number: number,
    then: (batch: Batch, event: QuarantinedEvent, record: Buffer) => void,
  ): Promise<QuarantinedEvent | undefined> {
    // Two people may ask for the same one at once: the first wins, the second finds it gone.
    if (this.leaving.has(number)) return undefined;
    this.leaving.add(number);
    try {
      const row = await this.store.db.get(quarantineKey(number));
      if (!row) return undefined;
      const { event, record } = decodeQuarantined(number, row);
      await this.outbox.change(true, (batch) => {
        then(batch, event, record);
        batch.del(quarantineKey(number));
        this.store.state.quarantine.count -= 1;
        this.store.state.quarantine.bytes -= row.length;
      });
      return event;
    } finally {
      this.leaving.delete(number);
    }
  }
}
