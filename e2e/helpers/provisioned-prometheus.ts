import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endTool } from './end-tool';
import { root } from './exporter-process';
import { freePort } from './free-port';

/** What the Prometheus API answers to a query; of an error only its text. */
export type QueryAnswer =
  | { readonly status: 'success'; readonly data: { readonly result: readonly unknown[] } }
  | { readonly status: 'error'; readonly error: string };

/** A real Prometheus with the project's own prometheus.yml and rules, that does all of it each second. */
export class ProvisionedPrometheus {
  private constructor(
    private readonly folder: string,
    private readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /**
   * `target`: `host:port` of the service that takes the place of the one in targets/, or of each of its processes. With
   * `atOnce` no alert waits.
   */
  static async start(
    target: string | readonly string[],
    { atOnce = false } = {},
  ): Promise<ProvisionedPrometheus> {
    const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-provisioned-'));
    const port = await freePort();
    const place = path.join(folder, 'provisioning/prometheus');
    await cp(path.join(root, 'provisioning/prometheus'), place, { recursive: true });
    await edit(path.join(place, 'prometheus.yml'), (text) =>
      text
        .replace(/(scrape_interval|scrape_timeout|evaluation_interval): \d+s/g, '$1: 1s')
        .replace('localhost:9090', `127.0.0.1:${port}`),
    );
    await edit(path.join(place, 'targets/selfcheer.yml'), (text) =>
      text.replace('127.0.0.1:9464', [target].flat().join(', ')),
    );
    await mkdir(path.join(folder, 'alerts'));
    for (const name of await readdir(path.join(root, 'alerts'))) {
      if (!name.endsWith('.rules.yml')) continue;
      const rules = await readFile(path.join(root, 'alerts', name), 'utf8');
      const often = rules.replace(/^( +interval): \w+$/gm, '$1: 1s');
      const text = atOnce ? often.replace(/^( +for): \w+$/gm, '$1: 1s') : often;
      await writeFile(path.join(folder, 'alerts', name), text);
    }
    const args = [
      `--config.file=${place}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    return new ProvisionedPrometheus(folder, `http://127.0.0.1:${port}`, child);
  }

  /** Asks for the present, or for the last five minutes. An error while it does not answer is one of its own. */
  async query(expr: string, instant: boolean): Promise<QueryAnswer> {
    const now = Date.now() / 1000;
    const when = instant ? `query?time=${now}` : `query_range?start=${now - 300}&end=${now}&step=5`;
    const signal = AbortSignal.timeout(10_000);
    const answer = await fetch(`${this.url}/api/v1/${when}&query=${encodeURIComponent(expr)}`, { signal });
    return (await answer.json()) as QueryAnswer;
  }

  /** Whether it takes queries. */
  async ready(): Promise<boolean> {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`${this.url}/-/ready`, { signal }).catch(() => undefined);
    return answer?.ok === true;
  }

  dispose(): Promise<void> {
    return endTool(this.child, this.folder);
  }
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}
