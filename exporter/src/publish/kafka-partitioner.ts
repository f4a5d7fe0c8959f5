import type { PartitionerArgs } from 'kafkajs';

const seed = 0x9747b28c | 0;
const multiplier = 0x5bd1e995;

function mix(k: number): number {
  const once = Math.imul(k, multiplier);
  return Math.imul(once ^ (once >>> 24), multiplier);
}

/**
 * Murmur2 as the Java client computes it over a key's UTF-8 bytes (org.apache.kafka.common.utils.Utils): a signed
 * 32-bit number. In 32-bit integers, because kafkajs' own takes BigInts and costs ten times as much for each event.
 */
export function murmur2(key: string): number {
  const data = Buffer.from(key);
  const whole = data.length & ~3;
  let h = seed ^ data.length;
  for (let at = 0; at < whole; at += 4) {
    h = Math.imul(h, multiplier) ^ mix(data.readInt32LE(at));
  }
  if (whole < data.length) {
    h = Math.imul(h ^ data.readUIntLE(whole, data.length - whole), multiplier);
  }
  h = Math.imul(h ^ (h >>> 13), multiplier);
  return h ^ (h >>> 15);
}

/** The partition that the Java client's default partitioner and kafkajs' DefaultPartitioner choose for this key. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** What one send was partitioned by; undefined until kafkajs has metadata and asks. */
export interface PartitionCount {
  partitions?: number;
}

/** Where a message carries the note that the partitioner fills in. */
export const partitionNote = Symbol('partitionNote');

/** Partitioner for kafkajs. Every message has a key; a message may carry a note that learns the number of partitions. */
export function createPartitioner(): (args: PartitionerArgs) => number {
  return ({ partitionMetadata, message }) => {
    const note = (message as { [partitionNote]?: PartitionCount })[partitionNote];
    if (note) note.partitions = partitionMetadata.length;
    return partitionOf(String(message.key), partitionMetadata.length);
  };
}
