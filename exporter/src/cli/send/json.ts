import { messageOf, UsageError } from '../../errors';
import type { Row } from './row';

/**
 * The rows of one JSON document: the items of its list, or the document itself when it is an object. Each row keeps
 * its own text (`1.0` stays `1.0`, a 19-digit number keeps its digits); only line breaks between tokens are dropped,
 * because a row travels as one line.
 * @param select Dotted path of the list inside the document.
 */
export function jsonRows(document: string, select: string | undefined): Row[] {
  const text = document.startsWith('\uFEFF') ? document.slice(1) : document;
  assertJson(text);
  const start = find(text, select);
  if (text[start] === '{') return toRows(text, [[start, skipValue(text, start)]]);
  if (text[start] !== '[') {
    throw new UsageError(
      `${select ?? 'The document'} is neither a list nor an object; name the list with --select.`,
    );
  }
  return toRows(text, [...items(text, start)]);
}

/** From here on the text is known to be JSON, so the scanner below needs no checks. */
function assertJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    const hint = /after JSON/.test(messageOf(error))
      ? ' Is it one object a line? Then add --format ndjson.'
      : '';
    throw new UsageError(`This is not a JSON document: ${messageOf(error)}.${hint}`);
  }
}

function find(text: string, select: string | undefined): number {
  let at = skipSpace(text, 0);
  for (const part of select?.split('.') ?? []) {
    const members = text[at] === '{' ? new Map(membersOf(text, at)) : new Map<string, number>();
    const next = members.get(part);
    if (next === undefined) {
      const names = [...members.keys()].slice(0, 20).join(', ');
      throw new UsageError(
        `--select ${select}: there is no member ${part}${names === '' ? '' : `, only ${names}`}.`,
      );
    }
    at = next;
  }
  return at;
}

function toRows(text: string, slices: readonly (readonly [number, number])[]): Row[] {
  let line = 1;
  let lineBreak = text.indexOf('\n');
  return slices.map(([start, end], index) => {
    for (; lineBreak !== -1 && lineBreak < start; lineBreak = text.indexOf('\n', lineBreak + 1)) line += 1;
    // In JSON a raw line break can only stand between tokens, never inside a string.
    return { ordinal: index + 1, line, text: text.slice(start, end).replace(/\s*[\r\n]\s*/g, '') };
  });
}

function* items(text: string, list: number): Generator<readonly [number, number]> {
  let at = skipSpace(text, list + 1);
  while (text[at] !== ']') {
    const end = skipValue(text, at);
    yield [at, end];
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
}

function* membersOf(text: string, object: number): Generator<readonly [string, number]> {
  let at = skipSpace(text, object + 1);
  while (text[at] !== '}') {
    const nameEnd = skipString(text, at);
    const name = JSON.parse(text.slice(at, nameEnd)) as string;
    const value = skipSpace(text, skipSpace(text, nameEnd) + 1);
    yield [name, value];
    at = skipSpace(text, skipValue(text, value));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (/[ \t\r\n]/.test(text.charAt(at))) at += 1;
  return at;
}

function skipString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  do {
    const char = text[at];
    if (char === '"') at = skipString(text, at);
    else if (char === '{' || char === '[') [depth, at] = [depth + 1, at + 1];
    else if (char === '}' || char === ']') [depth, at] = [depth - 1, at + 1];
    else if (char === ',' || char === ':' || /\s/.test(char as string)) at += 1;
    else while (at < text.length && !/[\s,:{}[\]]/.test(text.charAt(at))) at += 1;
  } while (depth > 0);
  return at;
}
