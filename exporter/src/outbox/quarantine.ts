import { traceIdOf } from '@selfcheer/cheer-kit';
import { SelfcheerError } from '../errors';
import type {
  Actor,
  BulkResult,
  QuarantineAction,
  QuarantinedEvent,
  QuarantineFilter,
  QuarantineResult,
  QuarantineVerdict,
} from '../event';
import { identityOf } from '../event';
import type { Batch } from './batch';
import {
  laneOf,
  outboxKey,
  parseQuarantineKey,
  quarantineIdKey,
  quarantineKey,
  quarantineRange,
} from './keys';
import type { Outbox } from './outbox';
import type { QuarantineAudit } from './quarantine-audit';
import { decodeQuarantined, encodeQuarantined } from './quarantine-record';
import { decodeRecord } from './record';
import type { Replay } from './replays';
import type { Store } from './store';

/** An event that enrichment or the sink refused for good. */
export interface Refused {
  readonly seq: number;
  readonly verdict: QuarantineVerdict;
  /** Sends and enrichments tried. */
  readonly attempts: number;
}

/** What was asked for, by number. */
export interface Taken {
  readonly number: number;
  readonly result: QuarantineResult;
  readonly event?: QuarantinedEvent;
}

interface Row {
  readonly number: number;
  readonly bytes: number;
  readonly event: QuarantinedEvent;
  readonly record: Buffer;
  readonly identity: Buffer;
}

/** Rows that one request reads at the most, however few of them are asked for. */
const scanRows = 5_000;
const rowsAtOnce = 200;
const bulkEvents = 500;
const bulkBytes = 4 * 2 ** 20;
/** Each takes memory until it is settled. */
const mostReplays = 100_000;

/**
 * Events that were accepted but can't go on, each with its reason, until a person replays or discards them.
 * They move out of their lane and back in atomic batches of the outbox: at no moment are they in neither place.
 *
 * A replay keeps id and revision and goes to the end of its lane, behind what was accepted meanwhile under its key. It
 * is left where it is when a later revision of it was accepted: that one must stay the last. A discard forgets the id,
 * so that the producer may send the event again.
 */
export class Quarantine {
  private readonly leaving = new Set<number>();

  constructor(
    private readonly store: Store,
    private readonly outbox: Outbox,
    private readonly audit: QuarantineAudit,
    /** This event is on its way again, as number `seq` of its lane. */
    private readonly replayed: (lane: number, seq: number) => void,
  ) {}

  get count(): number {
    return this.store.state.quarantine.count;
  }

  /** True when a lane's settlement up to `through` needs `settle`. */
  concerns(lane: number, through: number, refused: readonly Refused[]): boolean {
    return refused.length > 0 || this.store.replays.hasUpTo(lane, through);
  }

  /**
   * Adds the writes that move refused records of a lane here; part of that lane's settlement up to `through`. Returns
   * the replayed events that are settled with it and did not come back.
   */
  async settle(batch: Batch, lane: number, through: number, refused: readonly Refused[]): Promise<Replay[]> {
    const records = await this.store.db.getMany(refused.map(({ seq }) => outboxKey(lane, seq)));
    const { quarantine } = this.store.state;
    const replays = this.store.replays.settle(batch, lane, through);
    const back = new Map(replays.map(({ seq, replay }) => [seq, replay]));
    const quarantinedAt = Date.now();
    refused.forEach(({ seq, verdict, attempts }, i) => {
      const record = records[i];
      if (!record) throw new Error(`record ${lane}:${seq} is not in the store`);
      const { source, id, revision } = decodeRecord(lane, seq, record);
      const before = back.get(seq);
      back.delete(seq);
      const head = {
        lane,
        seq,
        verdict,
        attempts: attempts + (before?.attempts ?? 0),
        quarantinedAt,
        firstQuarantinedAt: before?.firstQuarantinedAt ?? quarantinedAt,
      };
      const value = encodeQuarantined(head, record);
      const key = quarantineKey(quarantine.next);
      batch.put(key, value);
      batch.put(quarantineIdKey(identityOf(source, id), revision), key);
      quarantine.next += 1;
      quarantine.count += 1;
      quarantine.bytes += value.length;
    });
    return [...back.values()];
  }

  /**
   * Events with a smaller number than `before`, greatest number first: up to `limit`, and fewer when few of those that
   * were looked at are asked for. `nextBefore` is null when there are no more.
   */
  async list({
    before,
    limit,
    ...filter
  }: QuarantineFilter & { readonly before: number; readonly limit: number }): Promise<{
    readonly items: QuarantinedEvent[];
    readonly nextBefore: number | null;
  }> {
    const lt = quarantineKey(Math.min(before, this.store.state.quarantine.next));
    const items: QuarantinedEvent[] = [];
    const last = await this.scan({ gte: quarantineRange.gte, lt, reverse: true }, ({ event }) => {
      if (fits(event, filter)) items.push(event);
      return items.length < limit;
    });
    return { items, nextBefore: last };
  }

  async get(number: number): Promise<QuarantinedEvent | undefined> {
    const row = await this.store.db.get(quarantineKey(number));
    return row && decodeQuarantined(number, row).event;
  }

  /** Of each of these the verdict, if it is here with just this revision. */
  async verdicts(
    events: readonly { readonly identity: Buffer; readonly revision: number }[],
  ): Promise<(QuarantineVerdict | undefined)[]> {
    if (this.count === 0 || events.length === 0) return events.map(() => undefined);
    const { db } = this.store;
    const keys = await db.getMany(
      events.map(({ identity, revision }) => quarantineIdKey(identity, revision)),
    );
    return Promise.all(
      keys.map(async (key) => {
        const row = key && (await db.get(key));
        return row && decodeQuarantined(parseQuarantineKey(key), row).event.verdict;
      }),
    );
  }

  /** Replays or discards these. Rejects with a retriable error when it can't be audited or written: nothing is changed then. */
  async act(action: QuarantineAction, numbers: readonly number[], actor: Actor): Promise<Taken[]> {
    // Two people may ask for the same one at once: the first wins, the second finds it gone.
    const free = numbers.filter((number) => !this.leaving.has(number));
    for (const number of free) this.leaving.add(number);
    try {
      if (action === 'replay' && this.store.replays.size + free.length > mostReplays) {
        const message = `${mostReplays} replayed events wait for the sink already. Try again when they are through.`;
        throw new SelfcheerError('too_many_replays', message, { retriable: true });
      }
      const rows = await this.rows(free);
      const superseded = rows.length > 0 ? await this.audited(action, rows, actor) : new Set<number>();
      const found = new Map(rows.map((row) => [row.number, row.event]));
      return numbers.map((number) => {
        const event = found.get(number);
        if (!event) return { number, result: 'not_in_quarantine' };
        return { number, event, result: superseded.has(number) ? 'superseded' : 'done' };
      });
    } finally {
      for (const number of free) this.leaving.delete(number);
    }
  }

  /** One step of a replay or discard of all that fit: oldest first, behind `after` and up to `through`. */
  async actOnAll(
    action: QuarantineAction,
    { after, through = this.store.state.quarantine.next - 1, ...filter }: BulkRequest,
    actor: Actor,
  ): Promise<BulkResult & { readonly taken: readonly Taken[] }> {
    const numbers: number[] = [];
    let bytes = 0;
    const range = { gt: quarantineKey(after), lte: quarantineKey(through) };
    const nextAfter = await this.scan(range, (row) => {
      if (!fits(row.event, filter)) return true;
      numbers.push(row.number);
      bytes += row.bytes;
      return numbers.length < bulkEvents && bytes < bulkBytes;
    });
    const taken = await this.act(action, numbers, actor);
    const count = (result: QuarantineResult): number => taken.filter((one) => one.result === result).length;
    return { taken, done: count('done'), superseded: count('superseded'), nextAfter, through };
  }

  /** Reads until `visit` is false or enough was read. Returns the last number looked at, or null after the last of all. */
  private async scan(
    range: { readonly reverse?: boolean } & Readonly<Partial<Record<'gt' | 'gte' | 'lt' | 'lte', Buffer>>>,
    visit: (row: Pick<Row, 'number' | 'bytes' | 'event'>) => boolean,
  ): Promise<number | null> {
    const iterator = this.store.db.iterator({ ...range, fillCache: false });
    try {
      for (let read = 0; ;) {
        const rows = await iterator.nextv(rowsAtOnce);
        if (rows.length === 0) return null;
        for (const [key, row] of rows) {
          const number = parseQuarantineKey(key);
          const { event } = decodeQuarantined(number, row);
          read += 1;
          if (!visit({ number, bytes: row.length, event }) || read >= scanRows) return number;
        }
      }
    } finally {
      await iterator.close();
    }
  }

  private async rows(numbers: readonly number[]): Promise<Row[]> {
    const values = await this.store.db.getMany(numbers.map(quarantineKey));
    return values.flatMap((value, i) => {
      const number = numbers[i]!;
      if (!value) return [];
      const { event, record } = decodeQuarantined(number, value);
      const identity = identityOf(event.event.source, event.event.id);
      return [{ number, bytes: value.length, event, record, identity }];
    });
  }

  /** Returns the numbers of those that were left because they are superseded. */
  private async audited(action: QuarantineAction, rows: readonly Row[], actor: Actor): Promise<Set<number>> {
    const range = await this.audit.begin(
      rows.map(({ number, event: { event, verdict } }) => ({
        action,
        actor: actor.name,
        via: actor.via,
        number,
        eventId: event.id,
        source: event.source,
        revision: event.revision,
        reason: verdict.reason,
        step: verdict.step,
        traceId: event.trace ? traceIdOf(event.trace) : null,
      })),
    );
    const superseded = new Set<number>();
    try {
      await this.outbox.change(true, (batch) => this.move(action, batch, rows, superseded));
    } catch (error) {
      await this.audit.end(range, 'failed').catch(() => undefined);
      throw error;
    }
    const left = rows.flatMap(({ number }, i) => (superseded.has(number) ? [range.from + i] : []));
    // It has happened, whether or not this can be written.
    await this.audit.end(range, 'done', left).catch(() => undefined);
    return superseded;
  }

  private async move(
    action: QuarantineAction,
    batch: Batch,
    rows: readonly Row[],
    superseded: Set<number>,
  ): Promise<void> {
    const { db, state, replays } = this.store;
    const remembered = await this.outbox.remembered(rows);
    const idKeys = rows.map(({ identity, event }) => quarantineIdKey(identity, event.event.revision));
    const indexed = await db.getMany(idKeys);
    for (const [i, { number, bytes, event: quarantined, record, identity }] of rows.entries()) {
      const { event, attempts, firstQuarantinedAt } = quarantined;
      const known = remembered[i];
      if (action === 'replay') {
        if (known && known.revision > event.revision) {
          superseded.add(number);
          continue;
        }
        const lane = laneOf(event, state.lanes.length);
        const seq = this.outbox.enqueue(batch, lane, record);
        this.replayed(lane, seq);
        if (known?.revision === event.revision) this.outbox.replace(batch, identity, known, { lane, seq });
        replays.add(batch, lane, seq, {
          eventId: event.id,
          attempts,
          firstQuarantinedAt,
          replayedAt: Date.now(),
        });
      } else if (known?.revision === event.revision) this.outbox.forget(batch, identity, event.revision);
      const key = quarantineKey(number);
      batch.del(key);
      if (indexed[i]?.equals(key)) batch.del(idKeys[i]!);
      state.quarantine.count -= 1;
      state.quarantine.bytes -= bytes;
    }
  }
}

export interface BulkRequest extends QuarantineFilter {
  readonly after: number;
  /** As the first step answered it; that of the moment when absent. */
  readonly through?: number | undefined;
}

function fits(
  { verdict, quarantinedAt }: QuarantinedEvent,
  { reason, step, since }: QuarantineFilter,
): boolean {
  return (
    (reason === undefined || verdict.reason === reason) &&
    (step === undefined || verdict.step === step) &&
    (since === undefined || quarantinedAt >= since)
  );
}
