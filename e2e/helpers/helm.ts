import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { renderedObjects, type RenderedObject } from '../../deploy/src/chart-objects';
import { root } from './exporter-process';

const chart = path.join(root, 'deploy/chart/selfcheer');
/** What helm says to objects that depend on the cluster: one that is built by `go install` knows of none. */
const cluster = ['--kube-version', '1.34.0'];

export interface ToolResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** Both, as a person sees them. */
  readonly text: string;
}

/** Runs a tool to its end, for at most two minutes. */
export function tool(command: string, ...args: readonly string[]): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: 120_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number')
        reject(new Error(`${command} did not run`, { cause: error }));
      else resolve({ ok: !error, stdout, text: stdout + stderr });
    });
  });
}

/** Calls helm with these values, over those of the chart. */
async function withValues<T>(values: object, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-helm-'));
  try {
    const file = path.join(folder, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function helmTemplate(values: object, ...more: readonly string[]): Promise<ToolResult> {
  const words = ['template', 'selfcheer', chart, '--namespace', 'selfcheer', ...cluster, ...more];
  return withValues(values, (file) => tool('helm', ...words, '--values', file));
}

export function helmLint(values: object): Promise<ToolResult> {
  return withValues(values, (file) => tool('helm', 'lint', '--strict', '--values', file, ...cluster, chart));
}

/** What the chart makes of these values; `more` are further words for helm. */
export async function renderChart(
  values: object,
  ...more: readonly string[]
): Promise<readonly RenderedObject[]> {
  const { ok, stdout, text } = await helmTemplate(values, ...more);
  if (!ok) throw new Error(text);
  return renderedObjects(stdout);
}
