import { crc32c } from '@node-rs/crc32';

/** A JSON document on one line behind its CRC32C in hex, so that a torn or flipped copy is told from a whole one. */
export function seal(value: unknown): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${crc32c(json).toString(16).padStart(8, '0')} ${json}\n`);
}

/** The sealed document, or undefined when these bytes don't hold a whole one. Trailing bytes are ignored. */
export function unseal(bytes: Buffer): unknown {
  const end = bytes.indexOf(0x0a);
  if (end < 10) return undefined;
  const json = bytes.subarray(9, end);
  if (bytes.toString('latin1', 0, 8) !== crc32c(json).toString(16).padStart(8, '0')) return undefined;
  return JSON.parse(json.toString('utf8')) as unknown;
}
