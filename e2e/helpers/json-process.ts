import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './exporter-process';

export type Line = Readonly<Record<string, unknown>>;

/** One of the helpers here as a process of its own, that prints JSON, an object a line. */
export class JsonProcess {
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  #errors = '';

  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, ['--require', 'tsx/cjs', path.join(__dirname, file), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    process.once('exit', this.#atExit);
  }

  readonly #atExit = (): void => void this.#child.kill('SIGKILL');

  /** The first line that fits; rejects when it has not come by then or the process has ended without it. */
  async line(fits: (line: Line) => boolean, timeoutMs = 60_000): Promise<Line> {
    for (const end = Date.now() + timeoutMs; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const found = this.lines.find(fits);
      if (found) return found;
      const over = this.#child.exitCode !== null || this.#child.signalCode !== null || Date.now() > end;
      if (over) throw new Error(`no such line; it wrote ${JSON.stringify(this.lines)} ${this.#errors}`);
    }
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** Its exit code; it is killed when it has not ended by then. */
  async ended(timeoutMs = 30_000): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs);
      await once(this.#child, 'close');
      clearTimeout(timer);
    }
    process.off('exit', this.#atExit);
    return this.#child.exitCode;
  }

  async dispose(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }
}
