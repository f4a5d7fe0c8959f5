const space = 1;
const digit = 2;
/** In a JSON string: neither its end nor an escape nor forbidden. */
const plain = 4;
const hex = 8;

const classes = new Uint8Array(256);
for (let byte = 0x20; byte < 256; byte++) classes[byte] = plain;
classes[0x22] = classes[0x5c] = 0;
for (const byte of [0x20, 0x09, 0x0a, 0x0d]) classes[byte] = (classes[byte] as number) | space;
for (let byte = 0x30; byte <= 0x39; byte++) classes[byte] = plain | digit | hex;
for (const byte of Buffer.from('abcdefABCDEF')) classes[byte] = plain | hex;

/** Bytes that may follow a backslash, `u` aside. */
const simpleEscapes = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) simpleEscapes[byte] = 1;

const inArray = 0;
const inObject = 1;

export type ScanError = 'malformed_json' | 'too_deep';

/**
 * Strict JSON (RFC 8259) over bytes that are known to be UTF-8: it accepts exactly what `JSON.parse` accepts, up to a
 * depth, and builds nothing. Every method takes a position and returns the one after what it read, or -1 with `error`
 * and `errorAt` set. Not recursive, so that no input can overflow the stack; one scanner serves any number of texts.
 */
export class JsonScanner {
  error: ScanError = 'malformed_json';
  /** Byte offset in the buffer at which it stopped. */
  errorAt = 0;
  readonly maxDepth: number;
  readonly #stack: Uint8Array;

  /** @param maxDepth how many arrays and objects may be open at once */
  constructor(maxDepth: number) {
    this.maxDepth = maxDepth;
    this.#stack = new Uint8Array(maxDepth);
  }

  fail(at: number, error: ScanError = 'malformed_json'): -1 {
    this.error = error;
    this.errorAt = at;
    return -1;
  }

  /** Skips white space. Never fails. */
  whitespace(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && ((classes[bytes[at] as number] as number) & space) !== 0) at++;
    return at;
  }

  /** Reads a string whose opening quote is at `from`. */
  string(bytes: Buffer, from: number, end: number): number {
    let at = from + 1;
    for (;;) {
      while (at < end && ((classes[bytes[at] as number] as number) & plain) !== 0) at++;
      if (at >= end) return this.fail(end);
      const byte = bytes[at] as number;
      if (byte === 0x22) return at + 1;
      if (byte !== 0x5c || at + 1 >= end) return this.fail(at);
      const escape = bytes[at + 1] as number;
      if (simpleEscapes[escape] === 1) {
        at += 2;
        continue;
      }
      if (escape !== 0x75 || at + 6 > end) return this.fail(at);
      for (let i = at + 2; i < at + 6; i++) {
        if (((classes[bytes[i] as number] as number) & hex) === 0) return this.fail(i);
      }
      at += 6;
    }
  }

  /** Reads a number that begins at `from`. */
  number(bytes: Buffer, from: number, end: number): number {
    let at = from;
    if (bytes[at] === 0x2d) at++;
    if (at < end && bytes[at] === 0x30) at++;
    else if ((at = this.#digits(bytes, at, end)) < 0) return -1;
    if (at < end && bytes[at] === 0x2e && (at = this.#digits(bytes, at + 1, end)) < 0) return -1;
    if (at < end && ((bytes[at] as number) | 0x20) === 0x65) {
      at++;
      if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++;
      if ((at = this.#digits(bytes, at, end)) < 0) return -1;
    }
    return at;
  }

  /**
   * Reads one value of any kind, white space before it included and after it not.
   * @param outer how many arrays and objects are open around it; they count towards the depth
   */
  value(bytes: Buffer, from: number, end: number, outer = 0): number {
    const stack = this.#stack;
    let depth = outer;
    let at = from;
    for (;;) {
      at = this.whitespace(bytes, at, end);
      if (at >= end) return this.fail(end);
      const byte = bytes[at] as number;
      if (byte === 0x22) at = this.string(bytes, at, end);
      else if (byte === 0x7b || byte === 0x5b) {
        if (depth >= this.maxDepth) return this.fail(at, 'too_deep');
        stack[depth++] = byte === 0x7b ? inObject : inArray;
        at = this.whitespace(bytes, at + 1, end);
        if (at >= end) return this.fail(end);
        if (bytes[at] === byte + 2) {
          depth--; // '{' + 2 is '}' and '[' + 2 is ']'
          at++;
        } else {
          if (byte === 0x7b && (at = this.name(bytes, at, end)) < 0) return -1;
          continue;
        }
      } else if (byte === 0x74) at = this.#word(bytes, at, end, 'true');
      else if (byte === 0x66) at = this.#word(bytes, at, end, 'false');
      else if (byte === 0x6e) at = this.#word(bytes, at, end, 'null');
      else at = this.number(bytes, at, end);
      if (at < 0) return -1;

      for (; depth > outer; depth--) {
        at = this.whitespace(bytes, at, end);
        if (at >= end) return this.fail(end);
        const after = bytes[at] as number;
        const open = stack[depth - 1];
        if (after === 0x2c) {
          at++;
          if (open === inObject && (at = this.name(bytes, at, end)) < 0) return -1;
          break;
        }
        if (after !== (open === inObject ? 0x7d : 0x5d)) return this.fail(at);
        at++;
      }
      if (depth === outer) return at;
    }
  }

  /** Reads a member's name and the colon after it, white space before both included. */
  name(bytes: Buffer, from: number, end: number): number {
    let at = this.whitespace(bytes, from, end);
    if (at >= end || bytes[at] !== 0x22) return this.fail(at);
    if ((at = this.string(bytes, at, end)) < 0) return -1;
    at = this.whitespace(bytes, at, end);
    return at < end && bytes[at] === 0x3a ? at + 1 : this.fail(at);
  }

  #digits(bytes: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && ((classes[bytes[at] as number] as number) & digit) !== 0) at++;
    return at === from ? this.fail(at) : at;
  }

  #word(bytes: Buffer, from: number, end: number, word: string): number {
    if (from + word.length > end) return this.fail(end);
    for (let i = 1; i < word.length; i++) {
      if (bytes[from + i] !== word.charCodeAt(i)) return this.fail(from + i);
    }
    return from + word.length;
  }
}
