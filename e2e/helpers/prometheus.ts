import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port';

/** A real Prometheus with exemplar storage, that scrapes one target each second. */
export class Prometheus {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** `target`: `host:port`. */
  static async start(target: string): Promise<Prometheus> {
    const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-prometheus-'));
    const port = await freePort();
    const config = path.join(folder, 'prometheus.yml');
    const scrape = `{job_name: e2e, static_configs: [{targets: ['${target}']}]}`;
    await writeFile(config, `global: {scrape_interval: 1s}\nscrape_configs:\n- ${scrape}\n`);
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    return new Prometheus(folder, port, child);
  }

  /** The answer of `/api/v1/<where>` as text, once `wanted` is in it. */
  async until(where: string, wanted: string, timeoutMs = 60_000): Promise<string> {
    let found = '';
    for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(200)) {
      if ((found = await this.ask(where)).includes(wanted)) return found;
    }
    throw new Error(`${where} never said ${wanted}; at last: ${found} ${await this.ask('targets')}`);
  }

  /** Exemplars of the last hour of a series, once one has this in its labels. */
  exemplar(query: string, wanted: string): Promise<string> {
    const now = Date.now() / 1000;
    const range = `start=${now - 3600}&end=${now + 600}`;
    return this.until(`query_exemplars?query=${encodeURIComponent(query)}&${range}`, wanted);
  }

  async dispose(): Promise<void> {
    if (this.child.pid !== undefined && this.child.exitCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'close');
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async ask(where: string): Promise<string> {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/${where}`, { signal }).catch(
      () => undefined,
    );
    return answer?.ok === true ? answer.text() : '';
  }
}
