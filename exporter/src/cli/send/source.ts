import { createReadStream, statSync, type ReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, SelfcheerError, UsageError } from '../../errors';
import { csvRows } from './csv';
import { jsonRows } from './json';
import { ndjsonRows } from './ndjson';
import type { Row } from './row';

export const formats = ['ndjson', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];

export interface SourceOptions {
  /** Path, or `-` for standard input. */
  readonly file: string;
  readonly stdin: Readable;
  /** By the file's extension when absent; `ndjson` for standard input. */
  readonly format?: Format;
  /** List inside a JSON document. */
  readonly select?: string;
  /** Goes into the ids of rows without one; the file's base name when absent. */
  readonly name?: string;
}

export interface Source {
  readonly name: string;
  /** Bytes of the file as it is on disk; `undefined` for standard input. */
  readonly totalBytes: number | undefined;
  readonly bytesRead: () => number;
  readonly rows: AsyncIterable<readonly Row[]>;
}

/** Largest document that fits in one string; NDJSON and CSV have no limit. */
const maxDocumentBytes = 512 * 2 ** 20 - 64;

const extensions: Readonly<Record<string, Format>> = {
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.json': 'json',
  '.geojson': 'json',
  '.csv': 'csv',
};

/** Opens a file or standard input; `.gz` is decompressed. The rows come as they are read, in order. */
export function openSource({ file, stdin, format: wanted, select, name }: SourceOptions): Source {
  const fromStdin = file === '-';
  const plainName = file.replace(/\.gz$/i, '');
  const format = wanted ?? (fromStdin ? 'ndjson' : formatOf(plainName));
  if (select !== undefined && format !== 'json') {
    throw new UsageError(
      `--select is for JSON documents, and this is ${format}; add --format json if it is one.`,
    );
  }
  const totalBytes = fromStdin ? undefined : sizeOf(file);
  let opened: ReadStream | undefined;
  // Opened only when it is read: until then the caller may still change its mind, and nothing is to be closed.
  const chunks = async function* (): AsyncGenerator<Buffer> {
    if (!fromStdin) opened = createReadStream(file, { highWaterMark: 256 * 1024 });
    const raw = opened ?? stdin;
    yield* checkEncoding(plainName === file ? raw : pipeline(raw, createGunzip(), () => undefined), file);
  };
  return {
    name: name ?? (fromStdin ? 'stdin' : basename(plainName)),
    totalBytes,
    bytesRead: () => opened?.bytesRead ?? 0,
    rows: readRows(chunks(), format, select),
  };
}

function formatOf(file: string): Format {
  const format = extensions[extname(file).toLowerCase()];
  if (format !== undefined) return format;
  throw new UsageError(`Can't tell the format of ${file} by its name; add --format ndjson, json or csv.`);
}

function sizeOf(file: string): number {
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) throw new UsageError(`${file} is a directory; name one file.`);
    return stats.size;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Can't read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

async function* checkEncoding(input: Readable, file: string): AsyncGenerator<Buffer> {
  let first = true;
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      const mark = first && chunk.length >= 2 ? chunk.readUInt16BE(0) : 0;
      if (mark === 0xfffe || mark === 0xfeff) {
        throw new UsageError(`${file} is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8 ${file}`);
      }
      first = false;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof SelfcheerError) throw error;
    throw new SelfcheerError('unreadable', `Can't read ${file} on: ${messageOf(error)}`, { cause: error });
  }
}

function readRows(
  chunks: AsyncIterable<Buffer>,
  format: Format,
  select: string | undefined,
): AsyncIterable<readonly Row[]> {
  if (format === 'csv') return csvRows(chunks);
  return format === 'json' ? documentRows(chunks, select) : ndjsonRows(chunks);
}

async function* documentRows(
  chunks: AsyncIterable<Buffer>,
  select: string | undefined,
): AsyncGenerator<readonly Row[]> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > maxDocumentBytes) {
      throw new UsageError("The document is too large to be read as one; make it NDJSON first: jq -c '.[]'");
    }
  }
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text: string;
  try {
    text = decoder.decode(Buffer.concat(parts));
  } catch (error) {
    throw new UsageError('The document is not UTF-8; convert it first with iconv -t UTF-8.', {
      cause: error,
    });
  }
  const rows = jsonRows(text, select);
  // In slices, so that what follows can pause and report between them.
  for (let at = 0; at < rows.length; at += 256) yield rows.slice(at, at + 256);
}
