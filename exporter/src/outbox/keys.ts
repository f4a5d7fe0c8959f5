import { crc32c } from '@node-rs/crc32';
import type { Traffic } from '../event';

/*
 * Key spaces of the store, each named by its first byte so that one ordered range holds each:
 *   d  generation u32, identity 16 bytes     dedupe
 *   f  lane u16, seq u64                     frozen results of that outbox row
 *   i  identity 16 bytes, revision u32       number of the quarantined event
 *   m  name                                  meta
 *   o  lane u16, seq u64                     outbox
 *   q  number u64                            quarantine
 *   r  lane u16, seq u64                     outbox rows that are replays
 */
const dedupePrefix = 0x64;
const frozenPrefix = 0x66;
const outboxPrefix = 0x6f;
const quarantinePrefix = 0x71;
const quarantineIdPrefix = 0x69;
const replayedPrefix = 0x72;

/** Key of the one row that holds the store's state (see state.ts). */
export const stateKey = Buffer.from('m state');

function writeSeq(key: Buffer, seq: number, at: number): void {
  key.writeUInt32BE(Math.floor(seq / 2 ** 32), at);
  key.writeUInt32BE(seq % 2 ** 32, at + 4);
}

function readSeq(key: Buffer, at: number): number {
  return key.readUInt32BE(at) * 2 ** 32 + key.readUInt32BE(at + 4);
}

export function outboxKey(lane: number, seq: number): Buffer {
  const key = Buffer.allocUnsafe(11);
  key[0] = outboxPrefix;
  key.writeUInt16BE(lane, 1);
  writeSeq(key, seq, 3);
  return key;
}

/** Of the key of a replayed row or of frozen results, too. */
export function parseOutboxKey(key: Buffer): { lane: number; seq: number } {
  return { lane: key.readUInt16BE(1), seq: readSeq(key, 3) };
}

/** Every outbox row of every lane. */
export const outboxRange = { gte: Buffer.from([outboxPrefix]), lt: Buffer.from([outboxPrefix + 1]) };

/** What was frozen with an outbox row. */
export function frozenKey(lane: number, seq: number): Buffer {
  const key = outboxKey(lane, seq);
  key[0] = frozenPrefix;
  return key;
}

/** Every frozen row of every lane. */
export const frozenRange = { gte: Buffer.from([frozenPrefix]), lt: Buffer.from([frozenPrefix + 1]) };

export function quarantineKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = quarantinePrefix;
  writeSeq(key, number, 1);
  return key;
}

export function parseQuarantineKey(key: Buffer): number {
  return readSeq(key, 1);
}

export const quarantineRange = {
  gte: Buffer.from([quarantinePrefix]),
  lt: Buffer.from([quarantinePrefix + 1]),
};

/** Where the number of the quarantined event of this identity and revision stands. */
export function quarantineIdKey(identity: Buffer, revision: number): Buffer {
  const key = Buffer.allocUnsafe(21);
  key[0] = quarantineIdPrefix;
  key.set(identity, 1);
  key.writeUInt32BE(revision, 17);
  return key;
}

/** Every identity of quarantine. */
export const quarantineIdRange = {
  gte: Buffer.from([quarantineIdPrefix]),
  lt: Buffer.from([quarantineIdPrefix + 1]),
};

/** What is known of an outbox row from its stay in quarantine. */
export function replayedKey(lane: number, seq: number): Buffer {
  const key = outboxKey(lane, seq);
  key[0] = replayedPrefix;
  return key;
}

export const replayedRange = {
  gte: Buffer.from([replayedPrefix]),
  lt: Buffer.from([replayedPrefix + 1]),
};

export function dedupeKey(generation: number, identity: Buffer): Buffer {
  const key = Buffer.allocUnsafe(21);
  key[0] = dedupePrefix;
  key.writeUInt32BE(generation, 1);
  key.set(identity, 5);
  return key;
}

/** Into so many parts a generation is cut, by the first byte of the identity. */
export const dedupeSlices = 256;

/** One slice of a generation's identities. */
export function dedupeSlice(generation: number, slice: number): { gte: Buffer; lt: Buffer } {
  const bound = (at: number): Buffer => {
    const key = Buffer.allocUnsafe(6);
    key[0] = dedupePrefix;
    key.writeUInt32BE(generation + Math.floor(at / dedupeSlices), 1);
    key[5] = at % dedupeSlices;
    return key;
  };
  return { gte: bound(slice), lt: bound(slice + 1) };
}

/** Every identity of every generation. */
export const dedupeSpace = { gte: Buffer.from([dedupePrefix]), lt: Buffer.from([dedupePrefix + 1]) };

/**
 * Lane of an event in a store of `lanes`, the last of which is the synthetic one. Equal keys share a lane, so they keep
 * their order.
 */
export function laneOf({ traffic, key }: { traffic: Traffic; key: string }, lanes: number): number {
  return traffic === 'synthetic' ? lanes - 1 : crc32c(key) % (lanes - 1);
}
