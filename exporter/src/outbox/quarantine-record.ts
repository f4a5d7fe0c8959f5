import { crc32c } from '@node-rs/crc32';
import { StoreError } from '../errors';
import type { QuarantinedEvent, QuarantineVerdict } from '../event';
import { decodeRecord } from './record';

interface Head {
  readonly lane: number;
  readonly seq: number;
  readonly verdict: QuarantineVerdict;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly quarantinedAt: number;
  readonly firstQuarantinedAt: number;
}

/** CRC32C of the rest, u32 length of the head, the head as JSON, then the outbox record as it was. */
export function encodeQuarantined(head: Head, record: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const row = Buffer.allocUnsafe(8 + json.length + record.length);
  row.writeUInt32BE(json.length, 4);
  row.set(json, 8);
  row.set(record, 8 + json.length);
  row.writeUInt32BE(crc32c(row.subarray(4)), 0);
  return row;
}

/** True when the row is whole: its checksum matches. */
export function isIntactQuarantined(row: Buffer): boolean {
  return row.length >= 8 && crc32c(row.subarray(4)) === row.readUInt32BE(0);
}

/** The quarantined event and its outbox record. Throws StoreError `record_damaged`. */
export function decodeQuarantined(number: number, row: Buffer): { event: QuarantinedEvent; record: Buffer } {
  if (!isIntactQuarantined(row)) {
    throw new StoreError(
      'record_damaged',
      `Quarantined event ${number} is damaged (checksum mismatch). Stop the service and run \`selfcheer store check\`.`,
    );
  }
  const recordAt = 8 + row.readUInt32BE(4);
  const head = JSON.parse(row.toString('utf8', 8, recordAt)) as Head;
  const record = row.subarray(recordAt);
  const { verdict, attempts, quarantinedAt, firstQuarantinedAt } = head;
  const event = decodeRecord(head.lane, head.seq, record);
  return { event: { number, event, verdict, attempts, quarantinedAt, firstQuarantinedAt }, record };
}
