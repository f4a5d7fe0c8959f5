import type { PublishedRecord } from './log-line';
import { identify, type Known } from './log-recents';
import * as segments from './log-segments';

/** What the relay may send although the log has it already. */
export interface Unsettled {
  readonly storeId: string;
  /** Last settled sequence number of every lane: what comes after it is sent, if need be again. */
  readonly settled: readonly number[];
  /** Bytes that all lanes together can have in flight. */
  readonly inFlightBytes: number;
}

/** What the newest segments hold. */
export interface FoundLog {
  readonly newest: segments.SegmentEnd;
  /** What may be sent again, in the order of writing. */
  readonly known: readonly Known[];
}

/** Read at once, and at the least: longer than any line. */
const stretchBytes = 16 * 2 ** 20;
/** A line is longer than its event by its headers and what enrichment adds. */
const lineGrowth = 2;
/** However much is found unsettled, as after an older store was restored: no more than this many times is read. */
const mostTimes = 4;

/**
 * Reads segments from their end backwards, until a stretch in which nothing is unsettled is longer than what all lanes can
 * have in flight: batches of lanes are noted as settled in about the order in which they were written, so whatever is
 * older is settled, too, whether a process or the machine died. Only what is unsettled stays in memory. Without
 * `unsettled` it is everything of the newest 16 MiB. `read` is told of every segment that counts.
 */
export async function findPublished(
  directory: string,
  numbers: readonly number[],
  unsettled: Unsettled | undefined,
  read: (file: string) => Promise<void>,
): Promise<FoundLog> {
  const quietBytes = Math.max(stretchBytes, lineGrowth * (unsettled?.inFlightBytes ?? 0));
  let newest: segments.SegmentEnd | undefined;
  const found: Known[][] = [];
  let quiet = 0;
  let total = 0;
  for (let at = numbers.length - 1; at >= 0 && quiet < quietBytes; at--) {
    const file = segments.segmentPath(directory, numbers[at] as number);
    let before: number | undefined;
    do {
      const part = await segments.readSegmentEnd(file, stretchBytes, before);
      newest ??= part;
      const known = part.records.filter((record) => mayComeAgain(record, unsettled)).map(identify);
      found.push(known);
      total += part.read;
      const isQuiet = !unsettled || known.length === 0 || total >= mostTimes * quietBytes;
      quiet = isQuiet ? quiet + part.read : 0;
      before = part.from;
    } while (before > 0 && quiet < quietBytes);
    await read(file);
  }
  return { newest: newest as segments.SegmentEnd, known: found.reverse().flat() };
}

/** Another store's events, and those before the marks, are not sent by this relay. */
function mayComeAgain({ lane, seq, headers }: PublishedRecord, unsettled: Unsettled | undefined): boolean {
  if (!unsettled) return true;
  return headers['origin'] === `${unsettled.storeId}:${lane}:${seq}` && seq > (unsettled.settled[lane] ?? 0);
}
