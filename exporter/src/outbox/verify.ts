import type { ClassicLevel } from 'classic-level';
import type { FoundAges } from './found-ages';
import { isIntactFrozen } from './frozen';
import { stopIfInterrupted } from './interrupted';
import {
  frozenRange,
  outboxKey,
  outboxRange,
  parseOutboxKey,
  parseQuarantineKey,
  quarantineRange,
} from './keys';
import type { ManifestContent } from './manifest';
import { isIntactQuarantined } from './quarantine-record';
import { acceptedAtOf, isIntact } from './record';
import type { StoreState } from './state';
import { countOf } from '../words';

/** What a whole reading of the store found. */
export interface Verification {
  /** Unsettled records of each lane, as found. */
  readonly lanes: readonly { lane: number; low: number; high: number; records: number }[];
  readonly records: number;
  /** Bytes of unsettled records. */
  readonly bytes: number;
  readonly quarantined: number;
  /** Empty when everything adds up; otherwise a sentence for each thing that doesn't. */
  readonly problems: readonly string[];
}

/**
 * Reads every record and holds it against the state row and the manifest: checksums, sequence numbers without gaps,
 * counted totals, nothing acknowledged missing at the end. Changes nothing. Rejects with `interrupted` on the signal.
 */
export async function verify(
  db: ClassicLevel<Buffer, Buffer>,
  state: StoreState,
  manifest: ManifestContent,
  ages?: FoundAges,
  signal?: AbortSignal,
): Promise<Verification> {
  const problems: string[] = [];
  if (state.storeId !== manifest.storeId) {
    problems.push(`the manifest belongs to store ${manifest.storeId}, the data to ${state.storeId}`);
  }
  if (state.lanes.length !== manifest.lanes.length) {
    problems.push(`the manifest knows ${manifest.lanes.length} lanes, the data ${state.lanes.length}`);
    return { lanes: [], records: 0, bytes: 0, quarantined: 0, problems };
  }
  const lanes = [];
  let records = 0;
  let bytes = 0;
  for (const [lane, marks] of state.lanes.entries()) {
    const [settled, acknowledged] = manifest.lanes[lane]!;
    // After a power loss the manifest may know of settlements whose unsynced note in the store was lost: believe it.
    const low = Math.max(marks.low, settled);
    const { high } = marks;
    if (high < acknowledged) {
      problems.push(
        `lane ${lane} ends at ${high}, but ${acknowledged - high} more events had been acknowledged`,
      );
    }
    const found = await readLane(db, lane, low, high, problems, ages, signal);
    lanes.push({ lane, low, high, records: found.records });
    records += found.records;
    bytes += found.bytes;
  }
  problems.push(...(await strangers(db, state)));
  problems.push(...(await frozenProblems(db, lanes, signal)));
  const movedAway = (manifest.quarantineNext ?? 1) - state.quarantine.next;
  if (movedAway > 0) problems.push(`quarantine lacks the last ${countOf(movedAway, 'event')} moved there`);
  let quarantined = 0;
  let quarantineBytes = 0;
  for await (const [key, row] of db.iterator(quarantineRange)) {
    stopIfInterrupted(signal);
    if (!isIntactQuarantined(row)) {
      problems.push(`quarantined event ${parseQuarantineKey(key)} is damaged (checksum mismatch)`);
    }
    quarantined += 1;
    quarantineBytes += row.length;
  }
  if (quarantined !== state.quarantine.count || quarantineBytes !== state.quarantine.bytes) {
    problems.push(
      `quarantine holds ${countOf(quarantined, 'event')} of ${quarantineBytes} bytes, but should hold ${state.quarantine.count} of ${state.quarantine.bytes}`,
    );
  }
  return { lanes, records, bytes, quarantined, problems };
}

async function readLane(
  db: ClassicLevel<Buffer, Buffer>,
  lane: number,
  low: number,
  high: number,
  problems: string[],
  ages: FoundAges | undefined,
  signal: AbortSignal | undefined,
): Promise<{ records: number; bytes: number }> {
  let expected = low;
  let records = 0;
  let bytes = 0;
  const missing = (from: number, to: number): void => {
    if (from <= to) problems.push(`lane ${lane} lacks ${countOf(to - from + 1, 'record')} from ${from} on`);
  };
  for await (const [key, value] of db.iterator({ gte: outboxKey(lane, low), lt: outboxKey(lane + 1, 0) })) {
    stopIfInterrupted(signal);
    const { seq } = parseOutboxKey(key);
    if (seq > high) {
      problems.push(`lane ${lane} holds record ${seq} beyond its end ${high}`);
      break;
    }
    missing(expected, seq - 1);
    if (!isIntact(value)) problems.push(`record ${lane}:${seq} is damaged (checksum mismatch)`);
    else ages?.add(lane, seq, acceptedAtOf(value));
    expected = seq + 1;
    records += 1;
    bytes += value.length;
  }
  missing(expected, high);
  return { records, bytes };
}

/** Frozen results of settled records are what a crash leaves behind, and no problem. */
async function frozenProblems(
  db: ClassicLevel<Buffer, Buffer>,
  lanes: Verification['lanes'],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const problems: string[] = [];
  for await (const [key, value] of db.iterator(frozenRange)) {
    stopIfInterrupted(signal);
    const { lane, seq } = parseOutboxKey(key);
    const marks = lanes[lane];
    if (!marks || seq > marks.high) {
      problems.push(`there are frozen results of record ${lane}:${seq}, which the store does not have`);
    } else if (seq >= marks.low && !isIntactFrozen(value)) {
      problems.push(`the frozen results of record ${lane}:${seq} are damaged (checksum mismatch)`);
    }
  }
  return problems;
}

async function strangers(db: ClassicLevel<Buffer, Buffer>, state: StoreState): Promise<string[]> {
  const beyond = { gte: outboxKey(state.lanes.length, 0), lt: outboxRange.lt, limit: 1 };
  return (await db.keys(beyond).all()).length > 0
    ? ['there are records of lanes that the store does not have']
    : [];
}
