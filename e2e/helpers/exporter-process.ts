import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

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

/** The exporter as users run it: a process of its own, from the built code, with a data directory of its own. */
export class ExporterProcess {
  readonly #env: Env;
  readonly #atExit = () => this.#child?.kill('SIGKILL');
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(
    readonly dataDir: string,
    env: Env,
  ) {
    this.#env = env;
    // A test run that dies leaves no exporter behind.
    process.once('exit', this.#atExit);
  }

  /** Addresses as `host:port`; the same again after `restart`. */
  addresses: Addresses = { http: '127.0.0.1:0', grpc: '127.0.0.1:0', admin: '127.0.0.1:0' };

  /** Starts one on free ports and waits for its start line. */
  static async start(env: Env = {}): Promise<ExporterProcess> {
    const exporter = new ExporterProcess(await mkdtemp(path.join(tmpdir(), 'selfcheer-e2e-')), env);
    try {
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

  /** The end of what it wrote to standard error. */
  get log(): string {
    return this.#log;
  }

  /** Starts it on the same data directory and ports, after `kill9` or `stop`. */
  async restart(): Promise<void> {
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
    };
    const child = spawn(process.execPath, [bin, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
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
    const child = this.#child;
    if (!child) throw new Error('the exporter does not run');
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(stopTimeoutMs) });
    child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    return code;
  }

  /** Ends it, however it is, and removes its data. */
  async dispose(): Promise<void> {
    await this.kill9();
    process.off('exit', this.#atExit);
    await rm(this.dataDir, { recursive: true, force: true });
  }

  post(body: string | Buffer, headers: Readonly<Record<string, string>>): Promise<Response> {
    const sent = typeof body === 'string' ? body : new Uint8Array(body);
    const signal = AbortSignal.timeout(60_000);
    return fetch(`${this.url}/v1/events`, { method: 'POST', body: sent, headers, signal });
  }

  /** Reads from the admin port. */
  admin(where: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`http://${this.addresses.admin}${where}`, { headers, signal: AbortSignal.timeout(30_000) });
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
