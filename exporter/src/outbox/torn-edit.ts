import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';

const blockBytes = 32 * 1024;
const headerBytes = 7;
const sectorBytes = 512;

/**
 * Removes from LevelDB's MANIFEST its last edit when a power loss tore that: its checksum is wrong, it reaches the end of
 * the file, and a sector of it holds zeros only. LevelDB takes an edit that is cut short for one that was never made, but
 * refuses a torn one. Nothing relied on it: files that an edit replaces are removed after it was synced. Call it only
 * for a store that no process has open. False when there is no such edit.
 *
 * The format: https://github.com/google/leveldb/blob/v1.20/doc/log_format.md
 */
export function dropTornEdit(level: string): boolean {
  let path: string;
  let bytes: Buffer;
  try {
    path = join(level, readFileSync(join(level, 'CURRENT'), 'latin1').trim());
    bytes = readFileSync(path);
  } catch {
    return false; // lost CURRENT, or what it names: another damage
  }
  const at = lastBadRecord(bytes);
  if (at === undefined || !hasLostSector(bytes, at)) return false;
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return true;
}

/** Where the last record begins, if it ends with the file and its checksum is wrong; all before it are whole. */
function lastBadRecord(bytes: Buffer): number | undefined {
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const room = blockBytes - (at % blockBytes);
    if (room < headerBytes) {
      at += room;
      continue;
    }
    const end = at + headerBytes + bytes.readUInt16LE(at + 4);
    if (masked(crc32c(bytes.subarray(at + 6, end))) !== bytes.readUInt32LE(at)) {
      return end === bytes.length && end <= at + room ? at : undefined;
    }
    at = end;
  }
  return undefined;
}

/** LevelDB stores checksums in this way, as they may be taken of bytes that hold checksums. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function hasLostSector(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length;) {
    const end = Math.min(bytes.length, at - (at % sectorBytes) + sectorBytes);
    if (bytes.subarray(at, end).every((byte) => byte === 0)) return true;
    at = end;
  }
  return false;
}
