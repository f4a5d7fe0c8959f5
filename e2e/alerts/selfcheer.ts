import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** Runs the built command to its end; rejects when it fails. */
export async function runCommand(...args: readonly string[]): Promise<string> {
  const program = path.join(__dirname, '../../exporter/bin/selfcheer.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { timeout: 60_000 });
  return stdout;
}
