import { execFile } from 'node:child_process';

/** What promtool said, and whether it was content. */
export interface PromtoolResult {
  readonly ok: boolean;
  readonly text: string;
}

/** Runs a tool to its end, for at most two minutes. */
export function runTool(tool: 'promtool' | 'amtool', ...args: readonly string[]): Promise<PromtoolResult> {
  return new Promise((resolve, reject) => {
    execFile(tool, args, { timeout: 120_000, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      // A tool that is missing or was killed has said nothing about the rules.
      if (error && typeof error.code !== 'number') reject(new Error(`${tool} did not run`, { cause: error }));
      else resolve({ ok: !error, text: stdout + stderr });
    });
  });
}
