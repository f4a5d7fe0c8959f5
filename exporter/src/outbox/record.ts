import { crc32c } from '@node-rs/crc32';
import { StoreError } from '../errors';
import type { Event, StoredEvent } from '../event';

/*
 * One stored event, version 1, big-endian:
 *   0  u8   version
 *   1  u32  CRC32C (Castagnoli, RFC 3720) over everything after it
 *   5  u8   flags: 1 synthetic, 2 base64
 *   6  f64  timestamp, epoch ms
 *  14  f64  accepted at, epoch ms
 *  22  u32  revision
 *  26  7 x u16  byte lengths of id, source, type, key, tenant, traceparent, tracestate
 *  40  those strings in UTF-8, then the payload to the end
 */
const version = 1;
const headerBytes = 40;
const lengthsAt = 26;
const flagSynthetic = 1;
const flagBase64 = 2;
const maxStringBytes = 0xffff;

/** Encodes an event for the outbox. */
export function encodeRecord(event: Event, revision: number, acceptedAt: number): Buffer {
  const traceparent = event.trace?.traceparent ?? '';
  const tracestate = event.trace?.tracestate ?? '';
  const characters =
    event.id.length +
    event.source.length +
    event.type.length +
    event.key.length +
    event.tenant.length +
    traceparent.length +
    tracestate.length;
  // A UTF-16 code unit takes at most three bytes of UTF-8.
  const record = Buffer.allocUnsafe(headerBytes + 3 * characters + event.payload.length);
  let at = headerBytes;
  let lengthAt = lengthsAt;
  const put = (text: string): void => {
    const written = text.length === 0 ? 0 : record.write(text, at, 'utf8');
    if (written > maxStringBytes) throw new RangeError('a field of the event is longer than 65,535 bytes');
    record.writeUInt16BE(written, lengthAt);
    lengthAt += 2;
    at += written;
  };
  put(event.id);
  put(event.source);
  put(event.type);
  put(event.key);
  put(event.tenant);
  put(traceparent);
  put(tracestate);
  record.set(event.payload, at);
  at += event.payload.length;

  record[0] = version;
  record[5] = (event.traffic === 'synthetic' ? flagSynthetic : 0) | (event.base64 ? flagBase64 : 0);
  record.writeDoubleBE(event.timestamp, 6);
  record.writeDoubleBE(acceptedAt, 14);
  record.writeUInt32BE(revision, 22);
  const whole = record.subarray(0, at);
  whole.writeUInt32BE(crc32c(whole.subarray(5)), 1);
  return whole;
}

/** True when the record is whole: known version, and its checksum matches. */
export function isIntact(record: Buffer): boolean {
  return (
    record.length >= headerBytes &&
    record[0] === version &&
    record.readUInt32BE(1) === crc32c(record.subarray(5))
  );
}

/** Epoch milliseconds at which an intact record's event was accepted. */
export function acceptedAtOf(record: Buffer): number {
  return record.readDoubleBE(14);
}

/** Decodes a record; throws StoreError `record_damaged` when it is not whole. The payload is a slice of `record`. */
export function decodeRecord(lane: number, seq: number, record: Buffer): StoredEvent {
  if (!isIntact(record)) {
    throw new StoreError(
      'record_damaged',
      `Record ${lane}:${seq} of the store is damaged (checksum mismatch). Stop the service and run \`selfcheer store check\`.`,
    );
  }
  let at = headerBytes;
  let lengthAt = lengthsAt;
  const take = (): string => {
    const end = at + record.readUInt16BE(lengthAt);
    const text = at === end ? '' : record.toString('utf8', at, end);
    lengthAt += 2;
    at = end;
    return text;
  };
  const id = take();
  const source = take();
  const type = take();
  const key = take();
  const tenant = take();
  const traceparent = take();
  const tracestate = take();
  const flags = record[5]!;
  return {
    lane,
    seq,
    id,
    source,
    type,
    key,
    tenant,
    timestamp: record.readDoubleBE(6),
    acceptedAt: acceptedAtOf(record),
    revision: record.readUInt32BE(22),
    traffic: flags & flagSynthetic ? 'synthetic' : 'real',
    base64: (flags & flagBase64) !== 0,
    ...(traceparent && { trace: { traceparent, ...(tracestate && { tracestate }) } }),
    payload: record.subarray(at),
  };
}
