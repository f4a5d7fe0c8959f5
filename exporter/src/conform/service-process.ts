import { spawn } from 'node:child_process';
import { SelfcheerError } from '../errors';
import { isAddress, parsed } from './admin-port';
import { LineReader } from './line-reader';
import type { Exit, StartedService } from './subject';

export interface StartOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** What a start line of JSON says, `{"msg":"ready","http":"host:port","admin":"host:port"}`; without what is no address. */
export interface StartLine {
  readonly http?: string;
  readonly admin?: string;
}

const keptLines = 20_000;
/** UTF-16 units of all lines. */
const keptLength = 16 * 2 ** 20;
const shownLines = 5;
const shownLength = 300;
/** For what it wrote last, once it has ended: a process that it left behind may keep the pipes open for ever. */
const lastWordsMs = 500;

/** A command that runs a service, in a process group of its own, so that what it starts ends with it. */
export class ServiceProcess implements StartedService {
  readonly exited: Promise<Exit>;
  private readonly kept: string[] = [];
  private length = 0;
  private readonly child;
  private ended = false;
  private told: StartLine | undefined;
  private readonly atExit = (): void => this.kill();

  constructor({ command: [file = '', ...args], env, cwd }: StartOptions) {
    this.child = spawn(file, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const streams = [this.child.stdout, this.child.stderr];
    const readers = streams.map((stream) => {
      const reader = new LineReader((line) => this.take(line));
      stream.setEncoding('utf8').on('data', (piece: string) => reader.add(piece));
      return reader;
    });
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.take(error.message);
        this.ended = true;
        resolve({ code: null, signal: null });
      });
      this.child.once('exit', () => {
        const timer = setTimeout(() => {
          this.kill();
          for (const stream of streams) stream.destroy();
        }, lastWordsMs);
        this.child.once('close', () => clearTimeout(timer));
      });
      // After `close` nothing of what it wrote is still to come.
      this.child.once('close', (code, signal) => {
        for (const reader of readers) reader.end();
        this.ended = true;
        resolve({ code, signal });
      });
    });
    process.once('exit', this.atExit);
  }

  lines(): readonly string[] {
    return this.kept;
  }

  /** Undefined as long as there was none. */
  get startLine(): StartLine | undefined {
    return this.told;
  }

  terminate(): void {
    this.child.kill('SIGTERM');
  }

  /** Why it can't be checked: with the last lines that it wrote. */
  failure(what: string): SelfcheerError {
    const last = this.kept.slice(-shownLines).map((line) => `\n  ${line.slice(0, shownLength)}`);
    return new SelfcheerError('not_started', `The command ${what}. It wrote:${last.join('') || ' nothing'}`);
  }

  get running(): boolean {
    return !this.ended;
  }

  /** Ends it and all that it started, however it is. */
  async dispose(): Promise<void> {
    this.kill();
    await this.exited;
    process.off('exit', this.atExit);
  }

  private kill(): void {
    if (this.ended || this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // The group is gone.
    }
  }

  private take(line: string): void {
    this.kept.push(line);
    this.length += line.length;
    while (this.kept.length > keptLines || this.length > keptLength) {
      this.length -= this.kept.shift()?.length ?? 0;
    }
    if (this.told || !line.startsWith('{')) return;
    const entry = parsed(line);
    if (typeof entry !== 'object' || entry === null || !('msg' in entry) || entry.msg !== 'ready') return;
    const address = (name: string): Record<string, string> => {
      const value: unknown = Reflect.get(entry, name);
      return typeof value === 'string' && isAddress(value) ? { [name]: value } : {};
    };
    this.told = { ...address('http'), ...address('admin') };
  }
}
