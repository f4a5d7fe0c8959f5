import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const bin = join(__dirname, '../../bin/selfcheer.js');
const startMs = 20_000;

/** The built service as its own process, with the relay in its own thread, as users run it. */
export class ServiceProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly addresses: { readonly http: string; readonly grpc: string; readonly admin: string },
  ) {}

  /** Resolves when it has said that it is ready; rejects with its exit code and standard error when it ends instead. */
  static async start(dataDir: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [bin, 'start'], {
      cwd: dataDir,
      env: {
        ...process.env,
        SELFCHEER_HTTP: '127.0.0.1:0',
        SELFCHEER_GRPC: '127.0.0.1:0',
        SELFCHEER_ADMIN: '127.0.0.1:0',
        SELFCHEER_DATA_DIR: dataDir,
        KAFKA_BROKERS: '',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const timer = setTimeout(() => child.kill('SIGKILL'), startMs);
    try {
      return await new Promise((resolve, reject) => {
        createInterface({ input: child.stdout }).once('line', (line) => {
          resolve(new ServiceProcess(child, JSON.parse(line) as ServiceProcess['addresses']));
        });
        child.once('exit', (code) => reject(new Error(`ended with code ${code}: ${complaints}`)));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends the signal and resolves with the exit code; null when the signal itself ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exit = once(this.child, 'exit');
    this.child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }
}
