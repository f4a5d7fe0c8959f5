import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Repository root, from which the benchmarks are started. */
export const root = process.cwd();

/**
 * Real events, as NDJSON lines: the US flight records of vega-datasets, over and over until there are `count`. Each
 * run has ids of its own, so that nothing is a duplicate.
 */
export function flightLines(count: number, run: string): Buffer[] {
  const rows = JSON.parse(
    readFileSync(join(root, 'node_modules/vega-datasets/data/flights-200k.json'), 'utf8'),
  ) as unknown[];
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(`{"event_id":"${run}-${i}","payload":${JSON.stringify(rows[i % rows.length])}}\n`),
  );
}

/** Joins lines into bodies of `size` lines. */
export function bodies(lines: readonly Buffer[], size: number): Buffer[] {
  const joined: Buffer[] = [];
  for (let i = 0; i < lines.length; i += size) joined.push(Buffer.concat(lines.slice(i, i + size)));
  return joined;
}

/** An id that no other run has. */
export function runId(): string {
  return createHash('sha256')
    .update(`${process.pid} ${Date.now()} ${Math.random()}`)
    .digest('hex')
    .slice(0, 8);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Nearest-rank percentile. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? NaN;
}
