/** One member of an object or item of an array, as byte offsets into the JSON text. */
export interface Span {
  /** The key's opening quote; for an item the same as `value`. */
  readonly start: number;
  /** Just after the key's closing quote; for an item the same as `value`. */
  readonly keyEnd: number;
  readonly value: number;
  /** Just after the value. */
  readonly end: number;
}

/** A place that a path leads to: one of the members or items of a container. */
export interface Place {
  readonly siblings: readonly Span[];
  readonly index: number;
}

/** Bytes from `start` to before `end` that give way to `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const quote = 0x22;
const backslash = 0x5c;
const openObject = 0x7b;
const openArray = 0x5b;
const closeObject = 0x7d;
const closeArray = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

function fail(at: number): never {
  throw new SyntaxError(`the payload is not JSON: unexpected end or byte at ${at}`);
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (
    let byte = bytes[at];
    byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
    byte = bytes[at]
  )
    at++;
  return at;
}

function skipString(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === backslash) at++;
    else if (byte === quote) return at + 1;
  }
  return fail(bytes.length);
}

/** Counts brackets instead of recursing, so that no depth overflows the stack. */
function skipContainer(bytes: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  do {
    const byte = bytes[at] ?? fail(at);
    if (byte === openObject || byte === openArray) depth++;
    else if (byte === closeObject || byte === closeArray) depth--;
    at = byte === quote ? skipString(bytes, at) : at + 1;
  } while (depth > 0);
  return at;
}

/** A number, true, false or null: all up to the next white space, comma or bracket. */
function skipScalar(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && byte > 0x20 && byte !== comma; byte = bytes[++at]) {
    if (byte === closeObject || byte === closeArray) break;
  }
  return at === from ? fail(at) : at;
}

function skipValue(bytes: Buffer, from: number): number {
  const byte = bytes[from];
  if (byte === quote) return skipString(bytes, from);
  return byte === openObject || byte === openArray ? skipContainer(bytes, from) : skipScalar(bytes, from);
}

/** The members or items of the container that opens at `open`. */
function childrenOf(bytes: Buffer, open: number): Span[] {
  const isObject = bytes[open] === openObject;
  const close = isObject ? closeObject : closeArray;
  const spans: Span[] = [];
  let at = skipSpace(bytes, open + 1);
  while (bytes[at] !== close) {
    const start = at;
    let keyEnd = at;
    if (isObject) {
      if (bytes[at] !== quote) fail(at);
      keyEnd = skipString(bytes, at);
      at = skipSpace(bytes, keyEnd);
      if (bytes[at] !== colon) fail(at);
      at = skipSpace(bytes, at + 1);
    }
    const value = at;
    at = skipValue(bytes, at);
    spans.push({ start, keyEnd: isObject ? keyEnd : value, value, end: at });
    at = skipSpace(bytes, at);
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1);
    else if (bytes[at] !== close) fail(at);
  }
  return spans;
}

export function isItem(span: Span): boolean {
  return span.start === span.value;
}

/** Whether the member has this name, however its key is escaped. */
export function hasName(bytes: Buffer, span: Span, name: string): boolean {
  const text = bytes.toString('utf8', span.start + 1, span.keyEnd - 1);
  return (text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text) === name;
}

/**
 * Every place that the path leads to, in the order of the text. Of members that share a name all are found: a
 * consumer may read any of them, so what must not go further must go from all.
 * @param path member names and item numbers; `*` is any
 * @throws SyntaxError when the text is not JSON
 */
export function findPlaces(bytes: Buffer, path: readonly string[]): Place[] {
  const places: Place[] = [];
  const descend = (open: number, depth: number): void => {
    if (bytes[open] !== openObject && bytes[open] !== openArray) return;
    const siblings = childrenOf(bytes, open);
    const wanted = path[depth] as string;
    siblings.forEach((span, index) => {
      const matches =
        wanted === '*' || (isItem(span) ? String(index) === wanted : hasName(bytes, span, wanted));
      if (!matches) return;
      if (depth === path.length - 1) places.push({ siblings, index });
      else descend(span.value, depth + 1);
    });
  };
  descend(skipSpace(bytes, 0), 0);
  return places;
}

/** Edits that take members or items out of one container, with the commas that go with them. */
export function removalOf(siblings: readonly Span[], isRemoved: (index: number) => boolean): Edit[] {
  const edits: Edit[] = [];
  let keptBefore = false;
  siblings.forEach((span, index) => {
    if (!isRemoved(index)) {
      keptBefore = true;
      return;
    }
    const previous = siblings[index - 1];
    if (keptBefore && previous) edits.push({ start: previous.end, end: span.end, text: '' });
    else edits.push({ start: span.start, end: siblings[index + 1]?.start ?? span.end, text: '' });
  });
  return edits;
}

/** The text after edits that do not overlap; the same buffer when there are none. All other bytes stay as they are. */
export function applyEdits(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  const parts: Buffer[] = [];
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(bytes.subarray(at, edit.start), Buffer.from(edit.text));
    at = edit.end;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}
