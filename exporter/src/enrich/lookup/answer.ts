import { HttpError } from '@selfcheer/cheer-kit';
import { findPlaces } from '../json-spans';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The part of a JSON answer at `path`, all of it without one, byte for byte as it came: numbers beyond 2^53 stay what
 * they are. `null` where the path leads to nothing.
 * @throws HttpError when the answer is not JSON in UTF-8
 */
export function readAnswer(body: Buffer, path: readonly string[] | undefined): string {
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
