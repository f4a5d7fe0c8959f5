import { HttpError } from '@selfcheer/cheer-kit';
import { findPlaces } from '../json-spans';

/** Deepest nesting of an answer: what ingest takes of an event unless it is told otherwise. */
const maxDepth = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The part of a JSON answer at `path`, all of it without one, byte for byte as it came: numbers beyond 2^53 stay what
 * they are. `null` where the path leads to nothing.
 * @throws HttpError when the answer is not JSON in UTF-8, or nested deeper than consumers can be expected to read
 */
export function readAnswer(body: Buffer, path: readonly string[] | undefined): string {
  if (isTooDeep(body)) throw new HttpError(200, `the answer is nested deeper than ${maxDepth}`);
  let text: string;
  try {
    text = utf8.decode(body);
    JSON.parse(text);
  } catch (cause) {
    throw new HttpError(200, 'the answer is not JSON', { cause });
  }
  if (!path) return text.trim();
  const bytes = Buffer.from(text);
  const place = findPlaces(bytes, path).at(-1);
  const span = place?.siblings[place.index];
  return span ? bytes.toString('utf8', span.value, span.end) : 'null';
}

/** Looks at brackets outside of strings only; what is not JSON is for the parser to find. */
function isTooDeep(json: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x22) inString = !inString;
    else if (inString) at += byte === 0x5c ? 1 : 0;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > maxDepth) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
