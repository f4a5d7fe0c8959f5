import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { labelOf } from './draft';
import { scalarAt } from './scalar';
import { ok, orUsageError, type ConfigOf, type Step } from './step';

/** The JSON text that a key brings. */
type Rows = Map<string, string>;

/**
 * A field from a local table, read once at start: the row without its key column, null when the payload has no such
 * value or the table no such key. Strings match by their text, numbers and booleans by their JSON text as sent.
 * @throws UsageError when the file can't be read, lacks the column, or has a key twice
 */
export function createTable(config: ConfigOf<'table'>, where: string, baseDir: string): Step {
  const label = labelOf(config.field);
  const rows = orUsageError(
    `${where}: can't use ${config.file}`,
    'it must be a .csv file with a header line or a .json file, whose path counts from the configuration file',
    () => load(resolve(baseDir, config.file), config.column),
  );
  return {
    fields: [config.field],
    run(draft) {
      const key = scalarAt(draft.payload, config.key);
      draft.add(label, (key === undefined ? undefined : rows.get(key)) ?? 'null');
      return ok;
    },
  };
}

function load(file: string, column: string | undefined): Rows {
  const text = readFileSync(file, 'utf8');
  switch (extname(file).toLowerCase()) {
    case '.csv':
      return rowsOfCsv(text, required(column));
    case '.json':
      return rowsOfJson(JSON.parse(text), column);
    default:
      throw new Error('its name ends in neither .csv nor .json');
  }
}

function required(column: string | undefined): string {
  if (column === undefined) throw new Error('`column` does not say which column holds the key');
  return column;
}

function rowsOfCsv(text: string, column: string): Rows {
  const [header = [], ...records] = parse(text, { bom: true, skip_empty_lines: true });
  const at = header.indexOf(column);
  if (at < 0) throw new Error(`it has no column "${column}", only ${header.join(', ')}`);
  if (new Set(header).size < header.length) throw new Error('two columns have the same name');
  return unique(
    records.map((record) => [
      record[at] ?? '',
      objectText(header.flatMap((name, index) => (index === at ? [] : [[name, record[index]] as const]))),
    ]),
  );
}

function rowsOfJson(table: unknown, column: string | undefined): Rows {
  if (typeof table !== 'object' || table === null)
    throw new Error('it is neither a list of objects nor an object');
  if (!Array.isArray(table)) {
    if (column !== undefined)
      throw new Error('it is an object by key, which has no columns: leave `column` out');
    return unique(Object.entries(table).map(([key, value]) => [key, JSON.stringify(value)]));
  }
  const name = required(column);
  return unique(
    table.map((row: unknown, index): [string, string] => {
      const members = typeof row === 'object' && row !== null ? Object.entries(row) : [];
      const key: unknown = members.find(([member]) => member === name)?.[1];
      if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') {
        throw new Error(`item ${index} has no text, number or boolean in "${name}"`);
      }
      return [String(key), objectText(members.filter(([member]) => member !== name))];
    }),
  );
}

/** Written as text so that a column may have any name, `__proto__` too. */
function objectText(members: readonly (readonly [string, unknown])[]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`;
}

function unique(entries: readonly (readonly [string, string])[]): Rows {
  const rows: Rows = new Map();
  for (const [key, json] of entries) {
    if (rows.has(key)) throw new Error(`it has the key "${key}" twice`);
    rows.set(key, json);
  }
  return rows;
}
