import { crc32c } from '@node-rs/crc32';
import { StoreError } from '../errors';

/*
 * What enrichment found for one event and could find otherwise next time, version 1, big-endian:
 *   0  u8   version
 *   1  u32  CRC32C (Castagnoli, RFC 3720) over everything after it
 *   5  the text in UTF-8
 */
const version = 1;
const headerBytes = 5;

export function encodeFrozen(text: string): Buffer {
  const row = Buffer.allocUnsafe(headerBytes + Buffer.byteLength(text));
  row[0] = version;
  row.write(text, headerBytes, 'utf8');
  row.writeUInt32BE(crc32c(row.subarray(headerBytes)), 1);
  return row;
}

/** True when the row is whole: known version, and its checksum matches. */
export function isIntactFrozen(row: Buffer): boolean {
  return (
    row.length >= headerBytes &&
    row[0] === version &&
    row.readUInt32BE(1) === crc32c(row.subarray(headerBytes))
  );
}

/** The text of a row; throws StoreError `record_damaged` when it is not whole. */
export function decodeFrozen(lane: number, seq: number, row: Buffer): string {
  if (!isIntactFrozen(row)) {
    throw new StoreError(
      'record_damaged',
      `The frozen results of record ${lane}:${seq} are damaged (checksum mismatch). Stop the service and run \`selfcheer store check\`.`,
    );
  }
  return row.toString('utf8', headerBytes);
}
