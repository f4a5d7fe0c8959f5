import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './exporter-process';

const folder = path.join(root, 'node_modules/vega-datasets/data');
export const earthquakesFile = path.join(folder, 'earthquakes.json');

/** The texts of the objects of a JSON array, exactly as they stand there. `text` begins with the array. */
function objectTexts(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  let inString = false;
  for (let at = 1; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' && depth++ === 0) from = at;
    else if (character === '}' && --depth === 0) found.push(text.slice(from, at + 1));
    else if (character === ']' && depth === 0) break;
  }
  return found;
}

/** The USGS feed's features, as they stand in the file. */
export function earthquakeRows(): string[] {
  const text = readFileSync(earthquakesFile, 'utf8');
  return objectTexts(text.slice(text.indexOf('[', text.indexOf('"features":'))));
}

/** US flight records, as they stand in the file: 200k has no id and no key, 20k has `origin`. */
export function flightRows(size: '200k' | '20k', count: number): string[] {
  const rows = objectTexts(readFileSync(path.join(folder, `flights-${size}.json`), 'utf8')).slice(0, count);
  if (rows.length !== count) throw new Error(`only ${rows.length} flights`);
  return rows;
}

/** The id that `selfcheer send` documents for a row without one. */
export function rowId(name: string, ordinal: number, row: string): string {
  return createHash('sha256').update(`${name.length}:${name}\n${ordinal}\n${row}`).digest('hex').slice(0, 32);
}
