import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port';

export const root = path.join(__dirname, '../..');
const bin = path.join(root, 'exporter/bin/selfcheer.js');
const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;
const logKept = 8_000;

type Env = Readonly<Record<string, string>>;

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of the built CLI to its end; it is killed, and its code null, after `timeoutMs`. */
export async function runCli(
  args: readonly string[],
  env: Env = {},
  timeoutMs = 120_000,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

interface Addresses {
  readonly http: string;
  readonly grpc: string;
  readonly admin: string;
}

export interface ExporterProcessOptions {
  /** Put before the command, like `['faketime', '+1d']`. It must keep the process id (`strace -D`, `exec`). */
  readonly prefix?: readonly string[];
  /** An existing directory for its data, which stays; else it gets one of its own that goes with it. */
  readonly dataDir?: string;
  /** Go out with everything that is sent to it from here. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The exporter as users run it: a process of its own, from the built code, with a data directory of its own. */
export class ExporterProcess {
  readonly dataDir: string;
  readonly #env: Env;
  readonly #options: ExporterProcessOptions;
  readonly #atExit = () => this.#child?.kill('SIGKILL');
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(dataDir: string, env: Env, options: ExporterProcessOptions) {
    this.dataDir = dataDir;
    this.#env = env;
    this.#options = options;
    // A test run that dies leaves no exporter behind.
    process.once('exit', this.#atExit);
  }

  /** Addresses as `host:port`; the same again after `restart`. */
  addresses: Addresses = { http: '', grpc: '', admin: '' };

  /** Starts one on free ports and waits for its start line. */
  static async start(env: Env = {}, options: ExporterProcessOptions = {}): Promise<ExporterProcess> {
    const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'selfcheer-e2e-')));
    const exporter = new ExporterProcess(dataDir, env, options);
    const place = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
    try {
      exporter.addresses = { http: await place(), grpc: await place(), admin: await place() };
      await exporter.restart();
    } catch (error) {
      await exporter.dispose();
      throw error;
    }
    return exporter;
  }

  get url(): string {
    return `http://${this.addresses.http}`;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Absent while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The end of what it wrote to standard error. */
  get log(): string {
    return this.#log;
  }

  /** Starts it on the same data directory and ports, after `kill9` or `stop`; `more` goes over its environment. */
  async restart(more: Env = {}, prefix = this.#options.prefix ?? []): Promise<void> {
    if (this.#child) throw new Error('the exporter runs');
    const { http, grpc, admin } = this.addresses;
    const env = {
      ...process.env,
      SELFCHEER_HTTP: http,
      SELFCHEER_GRPC: grpc,
      SELFCHEER_ADMIN: admin,
      SELFCHEER_DATA_DIR: this.dataDir,
      LOG_LEVEL: 'warn',
      ...this.#env,
      ...more,
    };
    const [command = '', ...args] = [...prefix, process.execPath, bin, 'start'];
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.once('exit', () => (this.#child = undefined));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-logKept);
    });
    const lines = createInterface({ input: child.stdout });
    const signal = AbortSignal.timeout(startTimeoutMs);
    try {
      const line = await Promise.race([
        once(lines, 'line', { signal }) as Promise<[string]>,
        once(child, 'exit', { signal }).then(() => undefined),
      ]);
      if (!line) throw new Error('it ended');
      this.addresses = JSON.parse(line[0]) as Addresses;
    } catch (error) {
      await this.kill9();
      throw new Error(`the exporter did not start: ${this.#log}`, { cause: error });
    }
  }

  /** SIGKILL: no goodbye. */
  async kill9(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const ended = this.exited(stopTimeoutMs);
    this.terminate();
    return ended;
  }

  /** SIGTERM, without waiting; `exited` tells the end. */
  terminate(): void {
    if (!this.#child) throw new Error('the exporter does not run');
    this.#child.kill('SIGTERM');
  }

  /** Resolves with the exit code when it has ended; rejects when it has not after `timeoutMs`. */
  async exited(timeoutMs: number): Promise<number | null> {
    const child = this.#child;
    if (!child) return null;
    const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(timeoutMs) })) as [number | null];
    return code;
  }

  /** Ends it, however it is, and removes its data. */
  async dispose(): Promise<void> {
    await this.kill9();
    process.off('exit', this.#atExit);
    if (this.#options.dataDir === undefined) await rm(this.dataDir, { recursive: true, force: true });
  }

  post(body: string | Buffer, headers: Readonly<Record<string, string>>): Promise<Response> {
    const sent = typeof body === 'string' ? body : new Uint8Array(body);
    const signal = AbortSignal.timeout(60_000);
    return fetch(`${this.url}/v1/events`, {
      method: 'POST',
      body: sent,
      headers: { ...this.#options.headers, ...headers },
      signal,
    });
  }

  /** Reads from the admin port. */
  admin(where: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`http://${this.addresses.admin}${where}`, {
      headers: { ...this.#options.headers, ...headers },
      signal: AbortSignal.timeout(30_000),
    });
  }

  /** Waits until everything that was acknowledged is published. */
  async settled(timeoutMs = 120_000): Promise<void> {
    let lanes: { lane: number; pending: number; state: string }[] = [];
    for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(100)) {
      const answer = await this.admin('/api/v1/pipeline');
      ({ lanes } = (await answer.json()) as { lanes: typeof lanes });
      if (lanes.every(({ pending }) => pending === 0)) return;
    }
    throw new Error(
      `still unpublished: ${JSON.stringify(lanes.filter(({ pending }) => pending > 0))}\n${this.#log}`,
    );
  }
}
