/**
 * The body of a Kafka Produce request, version 7, and in it record batches of magic 2 (Kafka protocol guide,
 * https://kafka.apache.org/protocol; KIP-98 for the batch), uncompressed and from a producer without an id. Byte for
 * byte what kafkajs 2.2.4 makes of the same input, for a fifth of the time
 * (docs/decisions/2026-11-21-produce-encoder.md).
 */
import { crc32c } from '@node-rs/crc32';

type Bytes = string | Buffer;

/** A message as kafkajs hands it on: strings go out in UTF-8, an array of header values as so many headers. */
export interface ProduceMessage {
  readonly key?: Bytes | null | undefined;
  readonly value?: Bytes | null | undefined;
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>> | undefined;
  /** Epoch milliseconds; the time of encoding without it. */
  readonly timestamp?: string | null | undefined;
}

export interface ProducePartition {
  readonly partition: number;
  readonly messages: readonly ProduceMessage[];
}

export interface ProduceInput {
  /** Replicas that must have it: -1 for all that are in sync. */
  readonly acks: number;
  /** Milliseconds that the broker may wait for them. */
  readonly timeout: number;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly ProducePartition[] }[];
}

/** Bytes of a batch before its records: offset, length, leader epoch, magic, checksum, then what the checksum covers. */
const batchHeaderBytes = 61;
const lengthAt = 8;
const magicAt = 16;
const checksumAt = 17;
const coveredAt = 21;

/** Encodes transactional_id (null), acks, timeout and topic_data. `now`: epoch milliseconds. */
export function encodeProduceRequest({ acks, timeout, topicData }: ProduceInput, now: number): Buffer {
  const topics = topicData.map(({ topic, partitions }) => ({
    topic,
    nameBytes: Buffer.byteLength(topic),
    partitions: partitions.map(({ partition, messages }) => ({
      partition,
      batch: encodeRecordBatch(messages, now),
    })),
  }));
  let size = 12;
  for (const { nameBytes, partitions } of topics) {
    size += 6 + nameBytes;
    for (const { batch } of partitions) size += 8 + batch.length;
  }
  const out = Buffer.allocUnsafe(size);
  let at = out.writeInt16BE(-1, 0);
  at = out.writeInt16BE(acks, at);
  at = out.writeInt32BE(timeout, at);
  at = out.writeInt32BE(topics.length, at);
  for (const { topic, nameBytes, partitions } of topics) {
    at = out.writeInt16BE(nameBytes, at);
    at += out.write(topic, at);
    at = out.writeInt32BE(partitions.length, at);
    for (const { partition, batch } of partitions) {
      at = out.writeInt32BE(partition, at);
      at = out.writeInt32BE(batch.length, at);
      at += batch.copy(out, at);
    }
  }
  return out;
}

/**
 * Encodes the record batch of one partition. Reads every property of a message exactly once, so that what was measured
 * is what is written. Throws a TypeError for a value that is neither a string nor a Buffer.
 */
export function encodeRecordBatch(messages: readonly ProduceMessage[], now: number): Buffer {
  const layout = measure(messages, now);
  const out = Buffer.allocUnsafe(batchHeaderBytes + layout.recordBytes);
  out.writeBigInt64BE(0n, 0); // base offset
  out.writeInt32BE(out.length - lengthAt - 4, lengthAt);
  out.writeInt32BE(0, 12); // partition leader epoch
  out[magicAt] = 2;
  let at = out.writeInt16BE(0, coveredAt); // attributes: no compression, no transaction, time of creation
  at = out.writeInt32BE(messages.length - 1, at); // last offset delta
  at = out.writeBigInt64BE(BigInt(layout.firstTimestamp), at);
  at = out.writeBigInt64BE(BigInt(layout.maxTimestamp), at);
  at = out.writeBigInt64BE(-1n, at); // producer id: none
  at = out.writeInt16BE(0, at); // producer epoch
  at = out.writeInt32BE(0, at); // base sequence
  at = out.writeInt32BE(messages.length, at);
  writeRecords(out, at, layout);
  out.writeUInt32BE(crc32c(out.subarray(coveredAt)), checksumAt);
  return out;
}

interface RecordLayout {
  /** Bytes of the record without this length itself. */
  readonly size: number;
  readonly timestampDelta: number;
  readonly headers: number;
}

interface Layout {
  readonly records: readonly RecordLayout[];
  /** Of each record in turn: key, value, then name and value of each header. */
  readonly fields: readonly (Bytes | null)[];
  /** Byte length of each field; -1 for null. */
  readonly lengths: readonly number[];
  readonly recordBytes: number;
  readonly firstTimestamp: string | number;
  readonly maxTimestamp: string | number;
}

function measure(messages: readonly ProduceMessage[], now: number): Layout {
  const records: RecordLayout[] = [];
  const fields: (Bytes | null)[] = [];
  const lengths: number[] = [];
  const add = (field: Bytes): number => {
    const length = typeof field === 'string' ? Buffer.byteLength(field) : bufferLength(field);
    fields.push(field);
    lengths.push(length);
    return varintBytes(length) + length;
  };
  const addNullable = (field: Bytes | null | undefined): number => {
    if (field !== null && field !== undefined) return add(field);
    fields.push(null);
    lengths.push(-1);
    return 1;
  };
  const timestamps = messages.map(({ timestamp }) => timestamp ?? undefined);
  // kafkajs sorts them as text, which is the order of the numbers for times between the years 2001 and 2286.
  const given = timestamps.filter((timestamp) => timestamp !== undefined).sort();
  const firstTimestamp = given[0] ?? now;

  let recordBytes = 0;
  for (let index = 0; index < messages.length; index++) {
    const { key, value, headers = {} } = messages[index]!;
    const timestampDelta = Number(timestamps[index] ?? now) - Number(firstTimestamp);
    let size = 1 + varintBytes(timestampDelta) + varintBytes(index) + addNullable(key) + addNullable(value);
    let count = 0;
    for (const name of Object.keys(headers)) {
      const values = headers[name]!;
      for (const one of isList(values) ? values : [values]) {
        size += add(name) + add(one);
        count += 1;
      }
    }
    size += varintBytes(count);
    records.push({ size, timestampDelta, headers: count });
    recordBytes += varintBytes(size) + size;
  }
  return { records, fields, lengths, recordBytes, firstTimestamp, maxTimestamp: given.at(-1) ?? now };
}

function writeRecords(out: Buffer, start: number, { records, fields, lengths }: Layout): void {
  let at = start;
  let next = 0;
  const put = (): void => {
    const field = fields[next]!;
    const length = lengths[next++]!;
    at = writeVarint(out, at, length);
    if (typeof field === 'string') writeText(out, at, field, length);
    else if (length > 0) field.copy(out, at);
    if (length > 0) at += length;
  };
  for (let index = 0; index < records.length; index++) {
    const { size, timestampDelta, headers } = records[index]!;
    at = writeVarint(out, at, size);
    out[at++] = 0; // attributes
    at = writeVarint(out, at, timestampDelta);
    at = writeVarint(out, at, index);
    put();
    put();
    at = writeVarint(out, at, headers);
    for (let left = 2 * headers; left > 0; left--) put();
  }
}

/** A text of as many bytes as UTF-16 code units is ASCII; a short one is copied faster here than by a native call. */
function writeText(out: Buffer, at: number, text: string, length: number): void {
  if (length !== text.length || length > 64) out.write(text, at, length, 'utf8');
  else for (let index = 0; index < length; index++) out[at + index] = text.charCodeAt(index);
}

function isList(value: Bytes | readonly Bytes[]): value is readonly Bytes[] {
  return Array.isArray(value);
}

function bufferLength(field: Buffer): number {
  if (!Buffer.isBuffer(field)) throw new TypeError('a key, value or header is neither a string nor a Buffer');
  return field.length;
}

/** Zigzag, as in Protocol Buffers: 0, -1, 1, -2 ... become 0, 1, 2, 3 ... Exact up to 2^52 either way. */
function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Little-endian base 128 with a continuation bit; returns where the next byte goes. */
function writeVarint(out: Buffer, start: number, value: number): number {
  let at = start;
  let rest = zigzag(value);
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80;
  out[at++] = rest;
  return at;
}
