import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { endTool } from './end-tool';
import { freePort } from './free-port';

const run = promisify(execFile);

export interface PrometheusOptions {
  /** 1 when absent. */
  readonly scrapeSeconds?: number;
  /** Absolute paths of rule files, which it evaluates as often as it scrapes. */
  readonly rules?: readonly string[];
  /** `host:port` of the Alertmanager that is told of alerts. */
  readonly alertmanager?: string;
  /** OpenMetrics texts of samples that are older than the start: what it has been scraping before, as it were. */
  readonly history?: Iterable<string>;
}

const at = (place: string) => [{ targets: [place] }];

/** A real Prometheus with exemplar storage. */
export class Prometheus {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /** `target`: `host:port`, or one or more for each value of the label `service`. */
  static async start(
    target: string | Readonly<Record<string, string | readonly string[]>>,
    options: PrometheusOptions = {},
  ): Promise<Prometheus> {
    const { scrapeSeconds = 1, rules = [], alertmanager, history = [] } = options;
    const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-prometheus-'));
    const port = await freePort();
    const config = path.join(folder, 'prometheus.yml');
    const targets =
      typeof target === 'string'
        ? [{ targets: [target] }]
        : Object.entries(target).map(([service, places]) => ({
            targets: [places].flat(),
            labels: { service },
          }));
    // JSON is YAML too.
    const settings = {
      global: { scrape_interval: `${scrapeSeconds}s`, evaluation_interval: `${scrapeSeconds}s` },
      rule_files: rules,
      scrape_configs: [
        // A target may tell of many services.
        { job_name: 'e2e', honor_labels: true, static_configs: targets },
        // Its own failures are alerts, too.
        ...(alertmanager === undefined
          ? []
          : [{ job_name: 'prometheus', static_configs: at(`127.0.0.1:${port}`) }]),
      ],
      ...(alertmanager !== undefined && {
        alerting: { alertmanagers: [{ static_configs: at(alertmanager) }] },
      }),
    };
    await writeFile(config, JSON.stringify(settings));
    for (const text of history) {
      await writeFile(path.join(folder, 'history.txt'), text);
      const how = { cwd: folder, timeout: 120_000 };
      // In as few blocks as it can be: Prometheus would go on to merge small ones.
      const create = ['tsdb', 'create-blocks-from', 'openmetrics', '--max-block-duration=1000h'];
      await run('promtool', [...create, 'history.txt', 'data'], how);
    }
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ];
    const child = spawn('prometheus', args, { stdio: 'ignore' });
    return new Prometheus(folder, port, child);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
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

  dispose(): Promise<void> {
    return endTool(this.child, this.folder);
  }

  private async ask(where: string): Promise<string> {
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/${where}`, { signal }).catch(
      () => undefined,
    );
    return answer?.ok === true ? answer.text() : '';
  }
}
