/** What a row tells beside pass or fail. Whatever does not apply to it stays away. */
export interface RowFigures {
  /** Events acknowledged to a producer outside, by its own ledger. */
  readonly acked?: number;
  /** Different events that an independent consumer found. */
  readonly found?: number;
  /** Messages beyond the first of an event. */
  readonly duplicates?: number;
  /** First-seen order of each key. */
  readonly order?: 'kept' | 'broken';
  /** From the end of the fault until all is well again. */
  readonly recoverySeconds?: number;
  /** The most memory that a process of the exporter had resident. */
  readonly rssPeakBytes?: number;
  readonly notes?: string;
}

/** One line of the file that FAULT_RESULTS names. */
export interface ResultLine extends RowFigures {
  readonly fault: string;
}

/** A line of the table. */
export interface RowResult extends ResultLine {
  readonly passed: boolean;
  readonly seconds: number;
}

const columns: readonly (readonly [title: string, cell: (row: RowResult) => string, right?: boolean])[] = [
  ['fault', ({ fault }) => fault],
  ['acked', ({ acked }) => figure(acked), true],
  ['found', ({ found }) => figure(found), true],
  ['duplicates', ({ duplicates }) => figure(duplicates), true],
  ['order', ({ order }) => order ?? '-'],
  ['recovery', ({ recoverySeconds: s }) => (s === undefined ? '-' : `${s.toFixed(1)} s`), true],
  ['memory', ({ rssPeakBytes: b }) => (b === undefined ? '-' : `${Math.round(b / 2 ** 20)} MiB`), true],
  ['took', ({ seconds }) => `${seconds.toFixed(1)} s`, true],
  ['result', ({ passed }) => (passed ? 'passed' : 'FAILED')],
  ['notes', ({ notes }) => notes ?? ''],
];

function figure(value: number | undefined): string {
  return value === undefined ? '-' : value.toLocaleString('en');
}

/** For a terminal: aligned, no colours. */
export function textTable(rows: readonly RowResult[]): string {
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const aligned = lines.map((cells) =>
    cells
      .map((cell, at) => (columns[at]?.[2] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return `${aligned.join('\n')}\n`;
}

/** For docs/results. */
export function markdownTable(rows: readonly RowResult[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const escape = (text: string) => text.replaceAll('|', '\\|');
  return (
    line(columns.map(([title]) => title)) +
    line(columns.map(([, , right]) => (right ? '---:' : '---'))) +
    rows.map((row) => line(columns.map(([, cell]) => escape(cell(row))))).join('')
  );
}
