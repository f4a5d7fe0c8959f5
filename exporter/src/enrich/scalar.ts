import { findPlaces } from './json-spans';

/**
 * The text of a string, number or boolean inside a JSON document: a string's characters, of the others the JSON text as
 * it stands. Undefined for null, an object, a list, and where there is nothing.
 */
export function scalarAt(json: Buffer, path: readonly string[]): string | undefined {
  // Of members with the same name the last counts, as it does for JSON.parse.
  const place = findPlaces(json, path).at(-1);
  const span = place?.siblings[place.index];
  if (!span) return undefined;
  const text = json.toString('utf8', span.value, span.end);
  if (text.startsWith('"')) return JSON.parse(text) as string;
  return text === 'null' || text.startsWith('{') || text.startsWith('[') ? undefined : text;
}
