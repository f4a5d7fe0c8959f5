import { isUtf8 } from 'node:buffer';
import { parse, type CsvError, type InfoRecord, type Parser } from 'csv-parse';
import { messageOf, SelfcheerError, UsageError } from '../../errors';
import { notUtf8 } from './ndjson';
import { maxRowBytes, type Row, type RowFault } from './row';

const byteOrderMark = Buffer.from('\uFEFF');

/**
 * One row a record (RFC 4180) after the header, as an object of texts: nothing is turned into a number, so leading
 * zeros and long digits stay. A record with the wrong number of fields becomes a row with a fault. A quote that is
 * never closed makes the rest of the file unreadable and ends it with an error.
 */
export async function* csvRows(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly Row[]> {
  const records = new Records();
  const parser = parse({
    encoding: null, // fields as bytes: a decoder would hide broken UTF-8 behind U+FFFD
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true, // a stray quote is text; skip_records_with_error would swallow the records after it
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    // Taken here and not from the stream, which on an error forgets the records that nobody has read yet.
    on_record: (record: unknown, info: InfoRecord) => records.add(record as readonly Buffer[], info),
  });
  parser.on('error', () => undefined); // it reaches us through the callbacks of feed
  let first = true;
  let failure: unknown;
  for await (const chunk of chunks) {
    const marked = first && chunk.subarray(0, byteOrderMark.length).equals(byteOrderMark);
    first = false;
    failure = await feed(parser, marked ? chunk.subarray(byteOrderMark.length) : chunk);
    yield records.take();
    if (failure !== undefined) break;
  }
  failure ??= await feed(parser, undefined);
  yield records.take();
  if (failure !== undefined) throw unreadable(failure, records.nextLine);
}

/** Parses a chunk, or the end for `undefined`; resolves with what went wrong, if anything did. */
function feed(parser: Parser, chunk: Buffer | undefined): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const done = (error?: Error | null): void => resolve(error ?? undefined);
    if (chunk === undefined) parser.end(done);
    else parser.write(chunk, done);
  });
}

/** Gathers records as they are parsed. */
class Records {
  #header: readonly string[] | undefined;
  #rows: Row[] = [];
  #ordinal = 0;
  #lines = 0;
  #emptyLines = 0;

  /** The line on which the next record begins. */
  get nextLine(): number {
    return this.#lines + 1;
  }

  /** Returns null: the parser then keeps nothing. */
  add(record: readonly Buffer[], info: InfoRecord): null {
    const line = this.nextLine + (info.empty_lines - this.#emptyLines);
    this.#lines = info.lines;
    this.#emptyLines = info.empty_lines;
    if (this.#header === undefined) {
      this.#header = readHeader(record);
    } else {
      this.#ordinal += 1;
      this.#rows.push(toRow(this.#header, record, this.#ordinal, line));
    }
    return null;
  }

  take(): readonly Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }
}

function readHeader(record: readonly Buffer[]): readonly string[] {
  const names = record.map((field) => field.toString('utf8').trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (record.some((field) => !isUtf8(field)) || twice !== undefined) {
    const why = twice === undefined ? notUtf8.detail : `names the column ${JSON.stringify(twice)} twice`;
    throw new SelfcheerError('csv_header', `The header of the CSV ${why}.`);
  }
  refuseOtherSeparator(names);
  return names;
}

/** Spreadsheets of many countries write semicolons: each row would become one text in one column, all accepted. */
function refuseOtherSeparator([name, ...others]: readonly string[]): void {
  const separator = others.length > 0 ? undefined : /[;\t]/.exec(name ?? '')?.[0];
  if (separator === undefined) return;
  const [what, option] = separator === ';' ? ['semicolons', "';'"] : ['tabs', 'tab'];
  throw new UsageError(
    `The header of the CSV is a single column with ${what} in it, and columns must be separated by commas. ` +
      `Convert it first, for example: mlr --icsv --ifs ${option} --ocsv cat FILE`,
  );
}

function toRow(header: readonly string[], record: readonly Buffer[], ordinal: number, line: number): Row {
  // Text is joined, not assigned to an object: a column named __proto__ is a column like any other.
  const members = record.map(
    (field, index) =>
      `${JSON.stringify(header[index] ?? `column ${index + 1}`)}:${JSON.stringify(field.toString('utf8'))}`,
  );
  const text = `{${members.join(',')}}`;
  const fault = faultOf(header, record);
  return fault === undefined ? { ordinal, line, text } : { ordinal, line, text, fault };
}

function faultOf(header: readonly string[], record: readonly Buffer[]): RowFault | undefined {
  if (record.length !== header.length) {
    return {
      code: 'column_count',
      detail: `has ${record.length} fields where the header has ${header.length}`,
    };
  }
  return record.every((field) => isUtf8(field)) ? undefined : notUtf8;
}

function unreadable(error: unknown, line: number): Error {
  const code = (error as Partial<CsvError> | undefined)?.code;
  if (code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE') {
    const text = `The CSV can't be read on: the record that begins on line ${line} has a quote that is never closed.`;
    return new SelfcheerError('csv_unreadable', text, { cause: error });
  }
  return error instanceof Error ? error : new SelfcheerError('csv_unreadable', messageOf(error));
}
