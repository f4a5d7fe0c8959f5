import { type FileHandle, lstat, mkdir, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { SelfcheerError } from '../errors';
import { decodeLine, lineStart, type PublishedRecord } from './log-line';

const lineFeed = 0x0a;
const namePattern = /^(\d{8})\.ndjson$/;

/** Where a topic's segments lie. */
export function topicDirectory(dataDir: string, topic: string): string {
  return path.join(dataDir, 'published', topic);
}

/** Segments are numbered from 1 on. */
export function segmentPath(directory: string, segment: number): string {
  return path.join(directory, `${String(segment).padStart(8, '0')}.ndjson`);
}

/** The numbers of the segments that are there, ascending; empty when the directory is not there. */
export async function listSegments(directory: string): Promise<number[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  return names.flatMap((name) => Number(namePattern.exec(name)?.[1] ?? [])).sort((a, b) => a - b);
}

/** Creates the directory and its parents so that they outlive a power cut. Private: events may hold personal data. */
export async function createDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  // One that is there may have been made by a process that was killed before it could sync it.
  const top = path.dirname(path.resolve(first ?? directory));
  let at = path.resolve(directory);
  do {
    at = path.dirname(at);
    await syncDirectory(at);
  } while (at !== top && at !== path.dirname(at));
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}

/** The end of a segment as it was found. */
export interface SegmentEnd {
  /** Records of the part that was read, in order; lines that are not ours are left out. */
  readonly records: readonly PublishedRecord[];
  /** Bytes that were read. */
  readonly read: number;
  /** Where the first record begins: before it stands what was not read. */
  readonly from: number;
  /** Bytes up to and including the last line feed: what follows is a torn write. */
  readonly wholeBytes: number;
  readonly size: number;
  /** False when the last whole line can't be read: the segment is left as it is and a new one begun. */
  readonly sound: boolean;
}

/**
 * Reads the last `bytes` of a segment, or the last ones before a byte at which a record begins. Refuses, with code `sink_foreign`, a file
 * that this sink has not written.
 */
export async function readSegmentEnd(file: string, bytes: number, before?: number): Promise<SegmentEnd> {
  if (!(await lstat(file)).isFile()) throw foreign(file);
  const handle = await open(file, 'r');
  try {
    const size = Math.min(before ?? Infinity, (await handle.stat()).size);
    const ours = await checkStart(handle, file, size);
    const from = Math.max(0, size - bytes);
    const data = Buffer.alloc(size - from);
    const { bytesRead } = await handle.read(data, 0, data.length, from);
    const text = data.subarray(0, bytesRead);
    const begin = from === 0 ? 0 : text.indexOf(lineFeed) + 1;
    const end = text.lastIndexOf(lineFeed) + 1;
    if (from > 0 && end === 0) throw foreign(file);
    // After a power loss what was not synced may be anything: in a file of ours it is a write that was cut off.
    if (!ours) checkTear(text.subarray(end), file);
    const lines = end > begin ? text.toString('utf8', begin, end - 1).split('\n') : [];
    const decoded = lines.map(decodeLine);
    return {
      records: decoded.filter((record) => record !== undefined),
      read: bytesRead,
      from: from + begin,
      wholeBytes: from + end,
      size: from + bytesRead,
      sound: lines.length === 0 || decoded.at(-1) !== undefined,
    };
  } finally {
    await handle.close();
  }
}

/** True when the file begins as every segment does; a refusal when it begins as none can. */
async function checkStart(handle: FileHandle, file: string, size: number): Promise<boolean> {
  const start = Buffer.alloc(Math.min(size, lineStart.length));
  await handle.read(start, 0, start.length, 0);
  checkTear(start, file);
  return start.toString('latin1') === lineStart;
}

/** What a cut-off write of ours can begin with: a line of ours, or zeros after a power cut. */
function checkTear(tear: Buffer, file: string): void {
  if (tear.length === 0 || tear[0] === 0) return;
  if (!lineStart.startsWith(tear.toString('latin1', 0, lineStart.length))) throw foreign(file);
}

export function foreign(file: string): SelfcheerError {
  return new SelfcheerError(
    'sink_foreign',
    `${file} was not written by this sink and is left alone. Move it away, or choose another dataDir; ` +
      'publishing goes on by itself then.',
    { retriable: true },
  );
}
