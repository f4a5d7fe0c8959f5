import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { waitFor } from './wait-for';

export interface Fault {
  /** Names of system calls. */
  readonly calls: readonly string[];
  readonly error: 'EIO' | 'ENOSPC';
  /** Only calls on these files; all when absent. */
  readonly files?: readonly string[];
}

export interface InjectedFault {
  /** The fault is gone when this resolves. A second call does nothing. */
  heal(): Promise<void>;
}

/** Lets system calls of a running process fail, until it is healed; the process goes on with what it got. */
export async function injectFault(pid: number, { calls, error, files = [] }: Fault): Promise<InjectedFault> {
  const list = calls.join(',');
  const only = files.flatMap((file) => ['-P', file]);
  const how = [
    '-f',
    '-o',
    '/dev/null',
    ...only,
    '-e',
    `trace=${list}`,
    '-e',
    `inject=${list}:error=${error}`,
  ];
  const strace = spawn('strace', [...how, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  strace.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(strace, 'exit');
  await waitFor('strace at the process', 10_000, () => {
    if (strace.exitCode !== null) throw new Error(said);
    return /attached/.test(said);
  });
  return {
    async heal() {
      strace.kill('SIGINT');
      await ended;
    },
  };
}
