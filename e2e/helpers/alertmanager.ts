import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { waitFor } from '../../exporter/test/helpers/wait';
import { endTool } from './end-tool';
import { freePort } from './free-port';

/** An alert as it stands in Alertmanager. */
export interface HeldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: {
    readonly state: 'active' | 'suppressed' | 'unprocessed';
    readonly inhibitedBy: readonly string[];
  };
}

/** Debian calls it so, everybody else calls it `alertmanager`. */
function program(): string {
  try {
    execFileSync('prometheus-alertmanager', ['--version'], { stdio: 'ignore' });
    return 'prometheus-alertmanager';
  } catch {
    return 'alertmanager';
  }
}

/** A real Alertmanager, alone, on loopback. */
export class Alertmanager {
  private log = '';
  private readonly atExit = (): void => void this.child.kill('SIGKILL');

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly child: ChildProcess,
  ) {
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.log = (this.log + text).slice(-4_000)));
    // A test run that dies leaves none behind.
    process.once('exit', this.atExit);
  }

  /** `config`: as in alertmanager.yml. Resolves when it takes alerts. */
  static async start(config: object): Promise<Alertmanager> {
    const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-alertmanager-'));
    const port = await freePort();
    const file = path.join(folder, 'alertmanager.yml');
    // JSON is YAML too.
    await writeFile(file, JSON.stringify(config));
    const args = [
      `--config.file=${file}`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ];
    const child = spawn(program(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const started = new Alertmanager(folder, port, child);
    try {
      await waitFor('Alertmanager', 60_000, async () => (await started.get('/-/ready')).ok);
    } catch (error) {
      await started.dispose();
      throw new Error(`Alertmanager did not start: ${started.log}`, { cause: error });
    }
    return started;
  }

  /** `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** All that fire, the inhibited ones too. */
  async alerts(): Promise<HeldAlert[]> {
    return (await (await this.get('/api/v2/alerts')).json()) as HeldAlert[];
  }

  private get(where: string): Promise<Response> {
    return fetch(`http://${this.address}${where}`, { signal: AbortSignal.timeout(5_000) });
  }

  async dispose(): Promise<void> {
    process.off('exit', this.atExit);
    await endTool(this.child, this.folder);
  }
}
