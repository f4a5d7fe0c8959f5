import type { OutgoingMessage } from './publisher';

/** How every line of a segment begins. */
export const lineStart = '{"key":';

/** One line of the embedded sink. */
export interface PublishedRecord {
  readonly key: string;
  /** The message's value as it was published: JSON text, byte for byte. */
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly lane: number;
  readonly seq: number;
  /** RFC 3339, UTC. */
  readonly publishedAt: string;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * One line `{"key","value","headers","lane","seq","published_at"}` with its line feed. The value stands in it as it is,
 * an object; only where it spans lines, as pretty-printed payloads do, is it a string that holds the exact text.
 */
export function encodeLine(message: OutgoingMessage, publishedAt: string): Buffer {
  const { key, value, headers, lane, seq } = message;
  const head = Buffer.from(`${lineStart}${JSON.stringify(key)},"value":`);
  const tail = Buffer.from(
    `,"headers":${JSON.stringify(headers)},"lane":${lane},"seq":${seq},"published_at":"${publishedAt}"}\n`,
  );
  const oneLine = !value.includes(lineFeed) && !value.includes(carriageReturn);
  return Buffer.concat([head, oneLine ? value : Buffer.from(JSON.stringify(value.toString())), tail]);
}

/** Reads a line, without its line feed, back; undefined when it is not one of ours. */
export function decodeLine(line: string): PublishedRecord | undefined {
  let fields: unknown;
  try {
    fields = line.startsWith(lineStart) ? JSON.parse(line) : undefined;
  } catch {
    return undefined;
  }
  if (!isLine(fields)) return undefined;
  const { key, value, headers, lane, seq, published_at: publishedAt } = fields;
  return {
    key,
    value: typeof value === 'string' ? value : exactValue(line, key),
    headers,
    lane,
    seq,
    publishedAt,
  };
}

interface Line {
  readonly key: string;
  readonly value: unknown;
  readonly headers: Record<string, string>;
  readonly lane: number;
  readonly seq: number;
  readonly published_at: string;
}

function isLine(fields: unknown): fields is Line {
  if (typeof fields !== 'object' || fields === null) return false;
  const { key, value, headers, lane, seq, published_at } = fields as Partial<Line>;
  return (
    typeof key === 'string' &&
    value !== undefined &&
    typeof headers === 'object' &&
    headers !== null &&
    Number.isSafeInteger(lane) &&
    Number.isSafeInteger(seq) &&
    typeof published_at === 'string'
  );
}

/** The slice of the line between key and headers. A header is a string, so nothing after it can look like `,"headers":`. */
function exactValue(line: string, key: string): string {
  const start = lineStart.length + JSON.stringify(key).length + ',"value":'.length;
  return line.slice(start, line.lastIndexOf(',"headers":{'));
}
