import { appendFileSync } from 'node:fs';
import type { ResultLine, RowFigures } from './results';

/** Rows in their long form: `npm run fault -- --long`. */
export const long = process.env['FAULT_LONG'] === '1';

/** What a row's body gets. */
export interface Row {
  /** The short or the long form of a size. */
  pick<T>(short: T, long: T): T;
  /** Adds figures to the row's line in the table; a later one of the same name replaces, notes are joined. */
  report(figures: RowFigures): void;
  /** Undoes something after the row, passed or failed; the last first. */
  onEnd(undo: () => unknown): void;
}

export interface RowOptions {
  /** Default 60,000. */
  readonly timeoutMs?: number;
  /** In the long form; default 30 minutes. */
  readonly longTimeoutMs?: number;
  /** Too slow for the short form, so not even shown there. */
  readonly longOnly?: boolean;
}

/** One row of the fault table, as a test. Put what must hold into `expect`; the table tells figures only. */
export function faultRow(name: string, body: (row: Row) => Promise<void>): void;
export function faultRow(name: string, options: RowOptions, body: (row: Row) => Promise<void>): void;
export function faultRow(
  name: string,
  optionsOrBody: RowOptions | ((row: Row) => Promise<void>),
  maybeBody?: (row: Row) => Promise<void>,
): void {
  const [options, body] =
    typeof optionsOrBody === 'function' ? [{}, optionsOrBody] : [optionsOrBody, maybeBody];
  if (!body) throw new TypeError('a row needs a body');
  if (options.longOnly && !long) return;
  const timeoutMs = long ? (options.longTimeoutMs ?? 1_800_000) : (options.timeoutMs ?? 60_000);
  test(name, () => run(name, body), timeoutMs);
}

async function run(name: string, body: (row: Row) => Promise<void>): Promise<void> {
  const undoing: (() => unknown)[] = [];
  const notes: string[] = [];
  let figures: RowFigures = {};
  try {
    await body({
      pick: (short, longer) => (long ? longer : short),
      report({ notes: note, ...more }) {
        if (note !== undefined) notes.push(note);
        figures = { ...figures, ...more };
      },
      onEnd: (undo) => undoing.push(undo),
    });
  } finally {
    write({ fault: name, ...figures, ...(notes.length > 0 && { notes: notes.join('; ') }) });
    const failures: unknown[] = [];
    for (const undo of undoing.reverse()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    // After a failure of the row itself these are its consequences: the first error is what counts.
    if (failures.length > 0)
      process.stderr.write(`${name}: clean-up failed: ${failures.map(String).join('; ')}\n`);
  }
}

function write(line: ResultLine): void {
  const file = process.env['FAULT_RESULTS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}
