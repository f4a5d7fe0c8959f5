import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AggregatedResult, Reporter } from '@jest/reporters';
import { markdownTable, textTable, type ResultLine, type RowResult } from './results';

/** Prints the table at the end and writes it to the files that FAULT_JSON and FAULT_MARKDOWN name. */
export default class FaultReporter implements Pick<Reporter, 'onRunComplete' | 'getLastError'> {
  #error: Error | undefined;

  onRunComplete(_contexts: unknown, { testResults }: AggregatedResult): void {
    const figures = readLines(process.env['FAULT_RESULTS']);
    const rows = testResults
      .flatMap(({ testResults: tests }) => tests)
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ fullName, title, status, duration }): RowResult => ({
        ...(figures.get(title) ?? { fault: fullName }),
        passed: status === 'passed',
        seconds: (duration ?? 0) / 1000,
      }));
    // A misspelt name must not look like a suite that passed.
    if (rows.length === 0) this.#error = new Error('no row of the fault suite ran: no name matches');
    process.stdout.write(`\n${textTable(rows)}`);
    const { FAULT_JSON: json, FAULT_MARKDOWN: markdown } = process.env;
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
    if (markdown !== undefined) writeFileSync(markdown, markdownTable(rows));
  }

  getLastError(): Error | undefined {
    return this.#error;
  }
}

function readLines(file: string | undefined): Map<string, ResultLine> {
  if (file === undefined || !existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return new Map(
    lines.map((text) => {
      const line = JSON.parse(text) as ResultLine;
      return [line.fault, line];
    }),
  );
}
