import type { JsonScanner } from './json-scanner';
import { nearest } from '../config/nearest';
import { itemProblem, type ItemProblem } from './problem';

/** Which members an envelope has, and whether others are passed over (CloudEvents extensions) or refused. */
export interface EnvelopeFormat {
  readonly members: readonly string[];
  readonly open: boolean;
}

/** These would reach the prototype of an object that somebody builds from the envelope later. */
const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The kind of a JSON value by its first byte, as it is called in an error. */
function kindOf(byte: number): string {
  if (byte === 0x22) return 'a string';
  if (byte === 0x7b) return 'an object';
  if (byte === 0x5b) return 'an array';
  if (byte === 0x74 || byte === 0x66) return 'a boolean';
  return byte === 0x6e ? 'null' : 'a number';
}

/**
 * Finds the top-level members of one event as byte ranges, in one pass and without building the object: the payload
 * is never parsed. The ranges stay valid until the next scan.
 */
export class Envelope {
  readonly #scanner: JsonScanner;
  readonly #format: EnvelopeFormat;
  readonly #names: readonly Buffer[];
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #extensions: Set<string> | undefined;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(scanner: JsonScanner, format: EnvelopeFormat) {
    this.#scanner = scanner;
    this.#format = format;
    this.#names = format.members.map((name) => Buffer.from(name));
    this.#starts = new Int32Array(format.members.length);
    this.#ends = new Int32Array(format.members.length);
  }

  /**
   * Reads the event that fills `from` to `end` (white space around it allowed), which must be UTF-8. Goes on after a
   * wrong member, so that the id can be told whatever else is wrong.
   */
  scan(bytes: Buffer, from: number, end: number): ItemProblem | undefined {
    const scanner = this.#scanner;
    this.#bytes = bytes;
    this.#starts.fill(-1);
    this.#extensions = undefined;
    let at = scanner.whitespace(bytes, from, end);
    if (at >= end || bytes[at] !== 0x7b) return this.#notAnObject(at, from, end);
    at = scanner.whitespace(bytes, at + 1, end);
    let problem: ItemProblem | undefined;
    if (at < end && bytes[at] === 0x7d) at++;
    else {
      for (;;) {
        const nameStart = scanner.whitespace(bytes, at, end);
        const valueFrom = scanner.name(bytes, nameStart, end);
        if (valueFrom < 0) return this.#malformed(from, end);
        const start = scanner.whitespace(bytes, valueFrom, end);
        if ((at = scanner.value(bytes, start, end, 1)) < 0) return this.#malformed(from, end);
        const wrong = this.#member(nameStart, start, at);
        problem ??= wrong;
        at = scanner.whitespace(bytes, at, end);
        const after = at < end ? bytes[at] : undefined;
        at++;
        if (after === 0x7d) break;
        if (after !== 0x2c) {
          scanner.fail(at - 1);
          return this.#malformed(from, end);
        }
      }
    }
    at = scanner.whitespace(bytes, at, end);
    if (at < end) {
      scanner.fail(at);
      return this.#malformed(from, end);
    }
    return problem;
  }

  has(member: number): boolean {
    return (this.#starts[member] as number) >= 0;
  }

  /** The value's bytes as they came; undefined when the member is absent. Shares memory with what was scanned. */
  raw(member: number): Buffer | undefined {
    const start = this.#starts[member] as number;
    return start < 0 ? undefined : this.#bytes.subarray(start, this.#ends[member]);
  }

  /** What the value is, as errors call it: `a number`. Only for a member that is there. */
  kind(member: number): string {
    return kindOf(this.#bytes[this.#starts[member] as number] as number);
  }

  /** The text of a string; null for `null`, undefined when absent, false when it is of another kind. */
  text(member: number): string | null | undefined | false {
    const start = this.#starts[member] as number;
    if (start < 0) return undefined;
    const bytes = this.#bytes;
    const first = bytes[start];
    if (first === 0x6e) return null;
    return first === 0x22 ? stringAt(bytes, start, this.#ends[member] as number) : false;
  }

  /** The value of a number; undefined when it is of another kind. */
  number(member: number): number | undefined {
    const start = this.#starts[member] as number;
    const end = this.#ends[member] as number;
    const bytes = this.#bytes;
    const first = bytes[start] as number;
    if (first !== 0x2d && (first < 0x30 || first > 0x39)) return undefined;
    let value = 0;
    for (let at = start; at < end; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9 || end - start > 15) return Number(bytes.toString('latin1', start, end));
      value = value * 10 + digit;
    }
    return value;
  }

  #member(nameStart: number, start: number, end: number): ItemProblem | undefined {
    const index = this.#find(nameStart);
    if (index < 0) return this.#unknown(nameStart);
    if ((this.#starts[index] as number) >= 0) return duplicate(this.#format.members[index] as string);
    this.#starts[index] = start;
    this.#ends[index] = end;
    return undefined;
  }

  /** Index of the member whose name stands in quotes at `nameStart`; compares bytes, as nearly every name is plain. */
  #find(nameStart: number): number {
    const bytes = this.#bytes;
    const names = this.#names;
    next: for (let index = 0; index < names.length; index++) {
      const name = names[index] as Buffer;
      for (let i = 0; i < name.length; i++) if (bytes[nameStart + 1 + i] !== name[i]) continue next;
      if (bytes[nameStart + 1 + name.length] === 0x22) return index;
    }
    const end = this.#scanner.string(bytes, nameStart, bytes.length);
    if (end - nameStart > 200 || !bytes.subarray(nameStart, end).includes(0x5c)) return -1;
    return this.#format.members.indexOf(stringAt(bytes, nameStart, end)); // a name may be written with escapes
  }

  #unknown(nameStart: number): ItemProblem | undefined {
    const bytes = this.#bytes;
    const name = stringAt(bytes, nameStart, this.#scanner.string(bytes, nameStart, bytes.length));
    const shown = name.length > 64 ? `${name.slice(0, 64)}…` : name;
    if (forbidden.has(name))
      return itemProblem('forbidden_member', `the member ${name} is never allowed`, name);
    if (this.#format.open) {
      this.#extensions ??= new Set();
      if (this.#extensions.has(name)) return duplicate(shown);
      this.#extensions.add(name);
      return undefined;
    }
    const near = nearest(name, this.#format.members);
    const hint =
      near === undefined ? `an event has ${this.#format.members.join(', ')}` : `did you mean ${near}?`;
    return itemProblem('unknown_member', `unknown member ${JSON.stringify(shown)}; ${hint}`, shown);
  }

  #notAnObject(at: number, from: number, end: number): ItemProblem {
    let after = at < end ? this.#scanner.value(this.#bytes, at, end) : this.#scanner.fail(end);
    if (after >= 0) {
      after = this.#scanner.whitespace(this.#bytes, after, end);
      if (after < end) after = this.#scanner.fail(after);
    }
    if (after < 0) return this.#malformed(from, end);
    const kind = kindOf(this.#bytes[at] as number);
    return itemProblem('not_an_object', `an event is a JSON object, not ${kind}`);
  }

  #malformed(from: number, end: number): ItemProblem {
    return scanProblem(this.#scanner, from, end);
  }
}

/** What a scanner stopped at, told relative to the start of the text. */
export function scanProblem(scanner: JsonScanner, from: number, end: number): ItemProblem {
  if (scanner.error === 'too_deep') {
    return itemProblem(
      'too_deep',
      `nested deeper than ${scanner.maxDepth} at byte ${scanner.errorAt - from + 1}`,
    );
  }
  return scanner.errorAt >= end
    ? itemProblem('malformed_json', `not JSON: it ends too early, after byte ${end - from}`)
    : itemProblem('malformed_json', `not JSON: unexpected byte at ${scanner.errorAt - from + 1}`);
}

function duplicate(name: string): ItemProblem {
  return itemProblem('duplicate_member', `the member ${JSON.stringify(name)} stands twice`, name);
}

/** The text of the JSON string from its opening quote to the position after its closing one. */
function stringAt(bytes: Buffer, start: number, end: number): string {
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x5c) return JSON.parse(bytes.toString('utf8', start, end)) as string;
    if (byte >= 0x80) {
      const escaped = bytes.subarray(at, end).includes(0x5c);
      return escaped
        ? (JSON.parse(bytes.toString('utf8', start, end)) as string)
        : bytes.toString('utf8', start + 1, end - 1);
    }
  }
  return bytes.toString('latin1', start + 1, end - 1); // all ASCII: the cheapest decoder there is
}
