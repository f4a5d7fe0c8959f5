import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeLine, type PublishedRecord } from './log-line';
import { isMissing, listSegments, segmentPath, topicDirectory } from './log-segments';

export interface ReadLogOptions {
  readonly dataDir: string;
  readonly topic: string;
  /** `end`: only what is written from now on. */
  readonly from: 'start' | 'end';
  /** Go on waiting for more until the signal; otherwise end where the log ends. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
  /** Milliseconds between two looks for more; 200 when absent. */
  readonly pollMs?: number;
  /** A line that can't be read, by file and byte offset. It is left out. */
  readonly onDamage?: (file: string, offset: number) => void;
}

const chunkBytes = 256 * 1024;
const lineFeed = 0x0a;

/** Where the reader stands: everything before `offset` in this segment has been yielded. */
interface Place {
  segment: number;
  offset: number;
  /** The place is inside a line that began before it: leave its rest out. */
  midLine: boolean;
}

/**
 * Reads the embedded sink, in the order of writing, over all its segments and over rotation. Never yields half a line.
 * Ends, without an error, when the signal is aborted.
 */
export async function* readLog(options: ReadLogOptions): AsyncGenerator<PublishedRecord, void, undefined> {
  const directory = topicDirectory(options.dataDir, options.topic);
  let place = await startOf(directory, options.from);
  while (!options.signal?.aborted) {
    // Listed before reading: a segment that is followed by another one is complete.
    const numbers = await listSegments(directory);
    const current = numbers.find((number) => number >= place.segment);
    if (current !== undefined && current !== place.segment) {
      place = { segment: current, offset: 0, midLine: false };
    }
    if (current !== undefined) yield* readSegment(segmentPath(directory, current), place, options);
    const next = numbers.find((number) => number > place.segment);
    if (next !== undefined) place = { segment: next, offset: 0, midLine: false };
    else if (!options.follow) return;
    else await pause(options);
  }
}

async function startOf(directory: string, from: 'start' | 'end'): Promise<Place> {
  const last = from === 'end' ? (await listSegments(directory)).at(-1) : undefined;
  if (last === undefined) return { segment: 1, offset: 0, midLine: false };
  const handle = await open(segmentPath(directory, last), 'r');
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    return { segment: last, offset: size, midLine: bytesRead === 1 && buffer[0] !== lineFeed };
  } finally {
    await handle.close();
  }
}

async function* readSegment(
  file: string,
  place: Place,
  { signal, onDamage }: ReadLogOptions,
): AsyncGenerator<PublishedRecord, void, undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    // The writer took back what it could not make durable.
    if (size < place.offset) place.offset = size;
    let data = Buffer.alloc(0);
    while (!signal?.aborted) {
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(chunkBytes),
        0,
        chunkBytes,
        place.offset + data.length,
      );
      if (bytesRead === 0) return;
      const fresh = buffer.subarray(0, bytesRead);
      const end = fresh.lastIndexOf(lineFeed) + 1;
      if (end === 0) {
        data = Buffer.concat([data, fresh]);
        continue;
      }
      const lines = Buffer.concat([data, fresh.subarray(0, end)]);
      for (let at = 0; at < lines.length;) {
        const stop = lines.indexOf(lineFeed, at);
        const record = place.midLine ? undefined : decodeLine(lines.toString('utf8', at, stop));
        const start = place.offset;
        place.offset += stop + 1 - at;
        if (record) yield record;
        else if (!place.midLine) onDamage?.(file, start);
        place.midLine = false;
        at = stop + 1;
      }
      data = Buffer.from(fresh.subarray(end));
    }
  } finally {
    await handle.close();
  }
}

async function pause({ pollMs = 200, signal }: ReadLogOptions): Promise<void> {
  await sleep(pollMs, undefined, signal && { signal }).catch(() => undefined);
}
