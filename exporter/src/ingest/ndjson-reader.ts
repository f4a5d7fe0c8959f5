import { isUtf8 } from 'node:buffer';
import type { GroupPipeline } from './group-pipeline';
import type { ItemReader } from './item-reader';
import { itemProblem } from './problem';

const lineFeed = 0x0a;
/** Lines that are read in one go; then others have their turn. A chunk of good events has fewer. */
const linesAtOnce = 1_000;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts chunks into lines and reads each as one event. Holds at most one unfinished line, and of a line that is too
 * long nothing at all. Lines end with LF or CRLF; blank ones and a byte order mark before the first are passed over.
 */
export class NdjsonReader {
  /** Events so far, good and bad. */
  events = 0;
  readonly #items: ItemReader;
  readonly #pipeline: GroupPipeline;
  readonly #maxLine: number;
  readonly #maxEvents: number;
  #line = 1;
  /** Pieces of the unfinished line, from chunks before this one. */
  #carry: Buffer[] = [];
  #carried = 0;
  #tooLong = false;

  constructor(
    items: ItemReader,
    pipeline: GroupPipeline,
    limits: { eventBytes: number; eventsPerRequest: number },
  ) {
    this.#items = items;
    this.#pipeline = pipeline;
    this.#maxLine = limits.eventBytes;
    this.#maxEvents = limits.eventsPerRequest;
  }

  /** True when there was one event more than a request may have; it and what follows were not read. */
  get full(): boolean {
    return this.events > this.#maxEvents;
  }

  /** Bytes of the unfinished line, which nobody else accounts for. */
  get carried(): number {
    return this.#carried;
  }

  /**
   * Reads from `from` on until the chunk ends, the pipeline is busy or it has been long enough, and returns how far it came. Only whole lines
   * are handed on; what follows the last line feed is kept.
   */
  read(chunk: Buffer, from: number): number {
    let at = from;
    let checked: boolean | undefined;
    const pause = this.#line + linesAtOnce;
    while (!this.#pipeline.busy && !this.full && this.#line < pause) {
      const end = chunk.indexOf(lineFeed, at);
      if (end < 0) {
        this.#keep(chunk.subarray(at));
        return chunk.length;
      }
      if (this.#carried > 0 || this.#tooLong) this.#carriedLine(chunk.subarray(at, end), end + 1 - at);
      else {
        // One check for all whole lines of a chunk; only when it fails is each line checked for itself.
        checked ??= isUtf8(chunk.subarray(at, chunk.lastIndexOf(lineFeed)));
        this.#take(chunk, at, end, end + 1 - at, checked);
      }
      this.#line++;
      at = end + 1;
    }
    return at;
  }

  /** Reads the last line, which may have no line feed. */
  end(): void {
    if (this.#carried > 0 || this.#tooLong) this.#carriedLine(Buffer.alloc(0), 0);
  }

  #carriedLine(rest: Buffer, restBytes: number): void {
    const bytes = this.#carried + restBytes;
    const line = this.#tooLong ? rest : Buffer.concat([...this.#carry, rest]);
    this.#carry = [];
    this.#carried = 0;
    if (this.#tooLong) {
      this.#tooLong = false;
      this.#pipeline.discard(bytes);
      this.#reject();
    } else this.#take(line, 0, line.length, bytes, false);
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    // What does not count: a carriage return at the end, and a byte order mark before the first line.
    const most = this.#maxLine + 1 + (this.#line === 1 ? byteOrderMark.length : 0);
    if (this.#tooLong || this.#carried + piece.length > most) {
      this.#tooLong = true;
      this.#pipeline.discard(this.#carried + piece.length);
      this.#carry = [];
      this.#carried = 0;
      return;
    }
    this.#carry.push(piece);
    this.#carried += piece.length;
  }

  #take(bytes: Buffer, from: number, to: number, reserved: number, checked: boolean): void {
    let start = from;
    let end = to;
    if (end > start && bytes[end - 1] === 0x0d) end--;
    if (this.#line === 1 && bytes.subarray(start, start + 3).equals(byteOrderMark)) start += 3;
    if (isBlank(bytes, start, end)) {
      this.#pipeline.discard(reserved);
      return;
    }
    if (end - start > this.#maxLine) {
      this.#pipeline.discard(reserved);
      this.#reject();
      return;
    }
    if (++this.events > this.#maxEvents) {
      this.#pipeline.discard(reserved);
      return;
    }
    if (!checked && !isUtf8(bytes.subarray(start, end))) {
      this.#pipeline.add(itemProblem('invalid_utf8', 'the line is not UTF-8'), null, this.#line, reserved);
      return;
    }
    const draft = this.#items.read(bytes, start, end);
    this.#pipeline.add(draft, this.#items.id, this.#line, reserved);
  }

  #reject(): void {
    if (++this.events > this.#maxEvents) return;
    const detail = `the line has more than ${this.#maxLine} bytes, the most that one event may have`;
    this.#pipeline.add(itemProblem('event_too_large', detail), null, this.#line, 0);
  }
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}
