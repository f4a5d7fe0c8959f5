import { identityOf } from '../event';
import { decodeRemembered, encodeRemembered } from './dedupe';
import { isIntactFrozen } from './frozen';
import {
  dedupeSpace,
  frozenKey,
  frozenRange,
  laneOf,
  outboxKey,
  parseOutboxKey,
  parseQuarantineKey,
  quarantineIdKey,
  quarantineIdRange,
  quarantineRange,
  replayedKey,
  replayedRange,
} from './keys';
import { stopIfInterrupted } from './interrupted';
import { decodeQuarantined } from './quarantine-record';
import { decodeRecord, isIntact } from './record';
import type { KnownMarks } from './salvage-marks';
import type { DamagedRows, SalvageWriter } from './salvage-writer';
import { SeqRanges } from './seq-ranges';
import type { Generation, StoreState } from './state';
import type { Db } from './store';

/** No body has this hash. */
const noBody = Buffer.alloc(16);
const rowsAtOnce = 1_000;
const keyBytes = { outbox: 11, quarantine: 9, dedupe: 21 };

export interface SalvageContext {
  /** Undefined when not one file is left. */
  readonly db: Db | undefined;
  readonly marks: KnownMarks;
  readonly writer: SalvageWriter;
  readonly damaged: DamagedRows;
  /** Told of every row that was read. */
  readonly tick: () => void;
  readonly signal: AbortSignal | undefined;
}

/** What was taken of the lanes. */
export interface SavedLanes {
  /** Per lane: old sequence numbers that were found whole; their order is that of the new ones. */
  readonly found: readonly SeqRanges[];
  /** Rows of each lane in the new store. */
  readonly counts: readonly number[];
  readonly bytes: number;
}

/** Rows of a range. Rejects with LevelDB's error, if it can't read them. */
async function* rowsOf(
  { db, tick, signal }: SalvageContext,
  range: { readonly gte: Buffer; readonly lt: Buffer },
): AsyncGenerator<[Buffer, Buffer]> {
  if (!db) return;
  const iterator = db.iterator({ ...range, fillCache: false });
  try {
    for (
      let rows = await iterator.nextv(rowsAtOnce);
      rows.length > 0;
      rows = await iterator.nextv(rowsAtOnce)
    ) {
      stopIfInterrupted(signal);
      for (const row of rows) {
        tick();
        yield row;
      }
    }
  } finally {
    await iterator.close();
  }
}

/** Takes the unsettled events, each lane in its order, under new numbers without gaps. */
export async function saveLanes(context: SalvageContext): Promise<SavedLanes> {
  const { marks, writer, damaged } = context;
  const found = marks.settled.map(() => new SeqRanges());
  const counts = marks.settled.map(() => 0);
  const strays: { lane: number; row: Buffer }[] = [];
  let bytes = 0;
  const put = async (lane: number, row: Buffer): Promise<void> => {
    counts[lane]! += 1;
    bytes += row.length;
    await writer.put(outboxKey(lane, counts[lane]!), row);
  };
  for (let lane = 0; lane <= marks.lanes; lane++) {
    // Whatever lies beyond the last lane has a damaged key.
    const end = lane === marks.lanes ? 0x10000 : lane + 1;
    const range = { gte: outboxKey(lane, 0), lt: end > 0xffff ? Buffer.from([0x70]) : outboxKey(end, 0) };
    for await (const [key, row] of rowsOf(context, range)) {
      const isKey = key.length === keyBytes.outbox;
      const place = isKey ? parseOutboxKey(key) : { lane, seq: 0 };
      if (lane < marks.lanes && isKey && place.seq < marks.wanted[lane]!) continue;
      if (!isIntact(row)) {
        damaged.add('event', place, row);
        continue;
      }
      const right = laneOf(decodeRecord(place.lane, place.seq, row), marks.lanes);
      if (isKey && (right === lane || marks.guessed)) {
        found[lane]?.add(place.seq);
        await put(right, row);
      } else strays.push({ lane: right, row });
    }
  }
  for (const { lane, row } of strays) await put(lane, row);
  return { found, counts, bytes };
}

/** Takes what belongs to a row of a lane: that it is a replay, what was frozen with it. */
export async function saveCompanions(context: SalvageContext, { found }: SavedLanes): Promise<void> {
  if (context.marks.guessed) return;
  for (const [range, keyOf, isWhole] of [
    [replayedRange, replayedKey, isJson],
    [frozenRange, frozenKey, isIntactFrozen],
  ] as const) {
    for await (const [key, value] of rowsOf(context, range)) {
      if (key.length !== keyBytes.outbox || !isWhole(value)) continue;
      const { lane, seq } = parseOutboxKey(key);
      const rank = found[lane]?.rank(seq);
      if (rank !== undefined) await context.writer.put(keyOf(lane, rank), value);
    }
  }
}

function isJson(value: Buffer): boolean {
  try {
    JSON.parse(value.toString());
    return true;
  } catch {
    return false;
  }
}

/** What was taken of quarantine. */
export interface SavedQuarantine {
  readonly count: number;
  readonly bytes: number;
  readonly next: number;
  /** Identities of events that were there and are lost, as `latin1`. */
  readonly lostIdentities: ReadonlySet<string>;
}

/** Takes what is in quarantine, under its number. */
export async function saveQuarantine(context: SalvageContext): Promise<SavedQuarantine> {
  const { marks, writer, damaged } = context;
  const numbers = new SeqRanges();
  let bytes = 0;
  for await (const [key, row] of rowsOf(context, quarantineRange)) {
    if (key.length !== keyBytes.quarantine) continue;
    const number = parseQuarantineKey(key);
    try {
      const { source, id, revision } = decodeQuarantined(number, row).event.event;
      await writer.put(quarantineIdKey(identityOf(source, id), revision), key);
    } catch {
      damaged.add('quarantined event', { number }, row);
      continue;
    }
    numbers.add(number);
    bytes += row.length;
    await writer.put(key, row);
  }
  const lostIdentities = new Set<string>();
  for await (const [key, value] of rowsOf(context, quarantineIdRange)) {
    if (value.length === keyBytes.quarantine && numbers.rank(parseQuarantineKey(value)) === undefined) {
      lostIdentities.add(key.toString('latin1', 1, 17));
    }
  }
  const next = Math.max(marks.quarantineNext, (numbers.last ?? 0) + 1);
  return { count: numbers.count, bytes, next, lostIdentities };
}

/**
 * Takes the remembered ids, but none whose event is lost: its producer may send it again, and must not be told that it
 * is known. After an update the revision stays, so that what is sent again gets a later one.
 */
export async function saveIds(
  context: SalvageContext,
  { found }: SavedLanes,
  { lostIdentities }: SavedQuarantine,
): Promise<{ dedupe: StoreState['dedupe']; kept: number; forgotten: number }> {
  const { marks, writer } = context;
  const known = marks.state?.dedupe.generations;
  const counts = new Map<number, number>();
  let kept = 0;
  let forgotten = 0;
  for await (const [key, value] of rowsOf(context, dedupeSpace)) {
    const remembered = key.length === keyBytes.dedupe ? decodeRemembered(value) : undefined;
    const generation = key.length === keyBytes.dedupe ? key.readUInt32BE(1) : 0;
    const isOld = known && !known.some(({ id }) => id === generation);
    if (!remembered || isOld || marks.guessed) {
      forgotten += 1;
      continue;
    }
    const { place, revision } = remembered;
    const isSettled = !place || place.seq < (marks.wanted[place.lane] ?? 0);
    const rank = place && !isSettled ? found[place.lane]?.rank(place.seq) : undefined;
    if ((isSettled && !lostIdentities.has(key.toString('latin1', 5))) || rank !== undefined) {
      kept += 1;
      const at = place && rank !== undefined ? { lane: place.lane, seq: rank } : undefined;
      await writer.put(key, encodeRemembered(remembered.bodyHash, revision, at));
    } else {
      forgotten += 1;
      if (revision === 1) continue;
      await writer.put(key, encodeRemembered(noBody, revision));
    }
    counts.set(generation, (counts.get(generation) ?? 0) + 1);
  }
  return { dedupe: dedupeState(marks, counts), kept, forgotten };
}

/** Generations as they were known, or as they were found. */
function dedupeState(
  { state, guessed }: KnownMarks,
  counts: ReadonlyMap<number, number>,
): StoreState['dedupe'] {
  const of = (id: number, ageMs: number): Generation => ({ id, count: counts.get(id) ?? 0, ageMs });
  if (state) {
    const generations = state.dedupe.generations.map(({ id, ageMs }) => of(id, ageMs));
    return { generations, dropping: [], dropped: state.dedupe.dropped };
  }
  const ids = [...counts.keys()].sort((a, b) => b - a);
  const generations = ids.length > 0 ? ids.slice(0, 2).map((id) => of(id, 0)) : [of(1, 0)];
  return { generations, dropping: ids.slice(2), dropped: !guessed };
}
