import { isUtf8 } from 'node:buffer';
import { maxRowBytes, type Row } from './row';

const lineFeed = 10;

/**
 * One row a line, several rows at a time. Lines end in LF or CRLF, blank ones are skipped, a byte order mark is
 * dropped. At most one line is held in memory; one that is too long or no UTF-8 becomes a row with a fault.
 */
export async function* ndjsonRows(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly Row[]> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let line = 0;
  let ordinal = 0;

  const take = (rows: Row[], tail: Buffer): void => {
    line += 1;
    const tooLong = heldBytes + tail.length > maxRowBytes;
    const bytes = held.length === 0 ? tail : Buffer.concat([...held, tail]);
    held = [];
    heldBytes = 0;
    const utf8 = isUtf8(bytes);
    const text = tooLong ? `${bytes.toString('utf8', 0, 200)}…` : bytes.toString('utf8').trim(); // of a byte order mark, too
    if (utf8 && text === '') return;
    ordinal += 1;
    if (tooLong) rows.push({ ordinal, line, text, fault: tooLongFault });
    else rows.push(utf8 ? { ordinal, line, text } : { ordinal, line, text, fault: notUtf8 });
  };

  for await (const chunk of chunks) {
    const rows: Row[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      take(rows, chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) {
      heldBytes += chunk.length - start;
      // Beyond the limit the rest of the line is counted and forgotten.
      if (heldBytes - (chunk.length - start) <= maxRowBytes) held.push(chunk.subarray(start));
    }
    if (rows.length > 0) yield rows;
  }
  if (heldBytes > 0) {
    const rows: Row[] = [];
    take(rows, Buffer.alloc(0));
    if (rows.length > 0) yield rows;
  }
}

export const notUtf8 = {
  code: 'invalid_utf8',
  detail: 'is not UTF-8; convert the file first, for example with iconv -t UTF-8',
} as const;

const tooLongFault = {
  code: 'row_too_large',
  detail: `is longer than ${maxRowBytes / 2 ** 20} MiB`,
} as const;
