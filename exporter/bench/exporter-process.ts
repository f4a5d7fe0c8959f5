import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './events';

/** The exporter as users run it: a process of its own, from the built code. */
export class ExporterProcess {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 256, noDelay: true });

  private constructor(
    private readonly child: ChildProcess,
    private readonly dataDir: string,
    readonly http: URL,
    readonly admin: URL,
  ) {}

  /** `nodeArguments` are for profiling, such as --cpu-prof. */
  static async start(
    env: Record<string, string> = {},
    nodeArguments: string[] = [],
  ): Promise<ExporterProcess> {
    const dataDir = mkdtempSync(join(tmpdir(), 'selfcheer-bench-'));
    const ports = {
      SELFCHEER_HTTP: '127.0.0.1:0',
      SELFCHEER_GRPC: '127.0.0.1:0',
      SELFCHEER_ADMIN: '127.0.0.1:0',
    };
    const child = spawn(
      process.execPath,
      [...nodeArguments, join(root, 'exporter/bin/selfcheer.js'), 'start'],
      {
        env: { ...process.env, ...ports, SELFCHEER_DATA_DIR: dataDir, LOG_LEVEL: 'warn', ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    process.once('exit', () => child.kill('SIGKILL'));
    for await (const line of createInterface({ input: child.stdout })) {
      const ready = JSON.parse(line) as { http: string; admin: string };
      child.stdout.resume();
      return new ExporterProcess(
        child,
        dataDir,
        new URL(`http://${ready.http}`),
        new URL(`http://${ready.admin}`),
      );
    }
    throw new Error('the exporter did not start');
  }

  /** Sends one request and resolves with its body; rejects on any status but 202. */
  post(body: Buffer, type: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const out = request(new URL('/v1/events', this.http), {
        method: 'POST',
        agent: this.agent,
        headers: { 'content-type': type, 'content-length': body.length, prefer: 'return=minimal' },
      });
      out.on('error', reject);
      out.on('response', (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('end', () =>
          answer.statusCode === 202
            ? resolve(text)
            : reject(new Error(`${answer.statusCode}: ${text.slice(0, 300)}`)),
        );
      });
      out.end(body);
    });
  }

  /** Resident memory in bytes, as the kernel counts it. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
  }

  /** Bytes of live objects on the JavaScript heap of the main thread and outside of it. */
  async metric(name: string): Promise<number> {
    const answer = await fetch(new URL('/metrics', this.admin));
    const line = (await answer.text()).split('\n').find((one) => one.startsWith(name));
    return Number(line?.split(' ').at(-1));
  }

  /** CPU seconds used so far, all threads. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
