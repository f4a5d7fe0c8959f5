import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CheerEvent } from './verdict';

/** What a file of recent events holds. */
export interface EventFile {
  /** The first sequence number that no event had when this was written. */
  readonly nextSequence: number;
  /** Oldest first. */
  readonly events: readonly CheerEvent[];
}

const format = 'selfcheer-recent-events/1';
const kinds: readonly CheerEvent['kind'][] = ['state', 'miss', 'quarantine', 'flag', 'release'];

/**
 * Reads such a file: NDJSON, a header line and then one event a line. An absent file is an empty one.
 *
 * @throws Error when it can't be read or does not hold what was written.
 */
export async function readEventFile(file: string): Promise<EventFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { nextSequence: 1, events: [] };
    throw error;
  }
  const [header, ...lines] = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
  if (!isRecord(header) || header['format'] !== format || !isSequence(header['next_sequence'])) {
    throw new Error(`${file} does not begin with the header of ${format}`);
  }
  if (header['count'] !== lines.length)
    throw new Error(`${file} is cut short: ${lines.length} events are left`);
  let last = 0;
  for (const line of lines) {
    if (!isEvent(line) || line.sequence <= last) throw new Error(`${file} holds something that is no event`);
    last = line.sequence;
  }
  if (last >= header['next_sequence']) throw new Error(`${file} holds a sequence number from the future`);
  return { nextSequence: header['next_sequence'], events: lines as CheerEvent[] };
}

/** Replaces the file in one step: after a crash there is the old one or the new one, whole. */
export async function writeEventFile(file: string, { nextSequence, events }: EventFile): Promise<void> {
  const header = { format, next_sequence: nextSequence, count: events.length };
  const text = [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(`${file}.tmp`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
}

function isEvent(value: unknown): value is CheerEvent {
  return (
    isRecord(value) &&
    isSequence(value['sequence']) &&
    Number.isFinite(value['at']) &&
    typeof value['title'] === 'string' &&
    typeof value['detail'] === 'string' &&
    (kinds as readonly unknown[]).includes(value['kind'])
  );
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
