import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

/** Ends a real tool that was started for a test, at once, and removes the folder that it kept its data in. */
export async function endTool(child: ChildProcess, folder: string): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  await rm(folder, { recursive: true, force: true });
}
