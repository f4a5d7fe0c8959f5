import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

type Env = Readonly<Record<string, string>>;

export interface CommandPlace {
  readonly cwd: string;
  /** Over that of this process. */
  readonly env?: Env;
}

/** Runs a command to its end; rejects with all that it wrote when that is not a good one, or has not come by then. */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: CommandPlace,
  timeoutMs = 120_000,
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const line = [command, ...args].join(' ');
      reject(new Error(`${line} ended with ${error.code ?? error.signal}:\n${stdout}${stderr}`));
    });
  });
}

/** A command that runs until it is ended, and says with a line `{"msg":"ready",…}` that it is there. */
export class RunningCommand {
  private constructor(
    private readonly child: ChildProcess,
    /** What it has written to standard output. */
    readonly lines: readonly string[],
    /** That line. */
    readonly ready: Readonly<Record<string, string>>,
  ) {}

  static async start(
    command: string,
    args: readonly string[],
    { cwd, env = {} }: CommandPlace,
    timeoutMs = 60_000,
  ): Promise<RunningCommand> {
    // Its own process group, as in a terminal, and so that nothing of it outlives the test.
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const written: string[] = [];
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const line = await new Promise<string>((resolve, reject) => {
      const failed = (why: string): void => {
        killGroup(child);
        reject(new Error(`${[command, ...args].join(' ')} ${why}:\n${written.join('\n')}\n${errors}`));
      };
      const timer = setTimeout(() => failed('was not ready in time'), timeoutMs);
      child.once('error', (error) => failed(error.message));
      child.once('close', (code) => failed(`ended with ${code}`));
      createInterface({ input: child.stdout }).on('line', (text) => {
        written.push(text);
        if (!text.includes('"msg":"ready"')) return;
        clearTimeout(timer);
        child.removeAllListeners('close');
        resolve(text);
      });
    });
    return new RunningCommand(child, written, JSON.parse(line) as Record<string, string>);
  }

  /** What Ctrl-C in a terminal does; resolves when all of it has ended, and rejects when it had to be killed. */
  async interrupt(timeoutMs = 30_000): Promise<void> {
    const ended = once(this.child, 'close');
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      killGroup(this.child);
    }, timeoutMs);
    process.kill(-(this.child.pid as number), 'SIGINT');
    await ended;
    clearTimeout(timer);
    if (killed) throw new Error(`still there ${timeoutMs} ms after Ctrl-C`);
  }

  dispose(): void {
    killGroup(this.child);
  }
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
