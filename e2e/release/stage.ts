import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CommandResult, ExporterProcess, root, runCli } from '../helpers/exporter-process';
import { RunningCommand } from '../helpers/commands';
import { freePort } from '../helpers/free-port';
import { Prometheus } from '../helpers/prometheus';
import { GrafanaReceiver } from './grafana-receiver';
import { Load } from './load';
import { WeightedProxy } from './weighted-proxy';

export const badBuilds = ['slow', 'erroring', 'silent', 'cheer-dropping'] as const;
/** `souring` is good to the gate and bad to callers: it is for what watches a release that has traffic. */
export const builds = ['good', ...badBuilds, 'souring'] as const;
export type Build = (typeof builds)[number];

export interface Verdict {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
}

const token = 'a-token-of-grafana';
const loadPerSecond = 40;
const startedVersion = '1.0.0';
/** For readiness to be seen by the proxy before intake stops. */
const exporterEnv = {
  SELFCHEER_READINESS_LAG_SECONDS: '0.5',
  SELFCHEER_DRAIN_SECONDS: '3',
  LOG_LEVEL: 'error',
};

export const flagsOf = (canary: 'tenth' | 'all'): string =>
  JSON.stringify({
    flags: {
      'sampling-ratio': {
        state: 'ENABLED',
        variants: { tenth: 0.1, all: 1 },
        defaultVariant: 'tenth',
        targeting: { if: [{ '==': [{ var: 'track' }, 'canary'] }, canary, null] },
      },
    },
  });

/**
 * Where releases are rehearsed: a stable exporter, a place for a canary beside it, the weighted proxy in front with a
 * light real load through it, a sidecar that looks at both, a real Prometheus that scrapes both, and a stand-in of
 * Grafana. Exporters, sidecar and gate are the built code in processes of their own.
 */
export class Stage {
  canary: ExporterProcess | undefined;
  /** Data directories of canaries that have ended; what they acknowledged must not be lost with them. */
  readonly orphans: string[] = [];
  private count = 0;

  private constructor(
    readonly folder: string,
    readonly stable: ExporterProcess,
    private readonly canaryPorts: { readonly http: string; readonly grpc: string; readonly admin: string },
    readonly grafana: GrafanaReceiver,
    readonly prometheus: Prometheus,
    readonly sidecar: RunningCommand,
    readonly proxy: WeightedProxy,
    readonly load: Load,
  ) {}

  static async start(): Promise<Stage> {
    const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-release-'));
    await writeFile(path.join(folder, 'flags.json'), flagsOf('tenth'));
    const place = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
    const canary = { http: await place(), grpc: await place(), admin: await place() };
    const env = { ...buildEnv('good', startedVersion, folder), SELFCHEER_TRACK: 'stable' };
    const open: (() => unknown)[] = [];
    const keep = <T>(one: T, close: (one: T) => unknown): T => {
      open.push(() => close(one));
      return one;
    };
    try {
      const stable = keep(await ExporterProcess.start(env), (one) => one.dispose());
      const admins = [stable.addresses.admin, canary.admin];
      const grafana = keep(await GrafanaReceiver.start(token), (one) => one.close());
      const prometheus = keep(await Prometheus.start({ exporter: admins }), (one) => one.dispose());
      const sidecar = keep(await startSidecar(folder, admins, grafana.url), (one) => one.dispose());
      const proxy = await WeightedProxy.start({ stable: stable.addresses, canary });
      const load = new Load(proxy.url, loadPerSecond, `real-${process.pid}`);
      return new Stage(folder, stable, canary, grafana, prometheus, sidecar, proxy, load);
    } catch (error) {
      await Promise.all(open.map((close) => close()));
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** A version that no build had before. */
  nextVersion(): string {
    this.count += 1;
    return `2.${this.count}.0`;
  }

  get sidecarUrl(): string {
    return `http://${this.sidecar.ready['admin']}`;
  }

  async startCanary(build: Build, version: string): Promise<ExporterProcess> {
    const { http, grpc, admin } = this.canaryPorts;
    const dataDir = await mkdtemp(path.join(this.folder, 'canary-'));
    this.canary = await ExporterProcess.start(
      {
        ...buildEnv(build, version, this.folder),
        ...{ SELFCHEER_TRACK: 'canary', SELFCHEER_HTTP: http, SELFCHEER_GRPC: grpc, SELFCHEER_ADMIN: admin },
      },
      { dataDir },
    );
    await until('the canary is ready', () => this.proxy.isReady('canary'));
    return this.canary;
  }

  /** SIGTERM; its exit code. Its data stays, to be accounted for. */
  async drainCanary(): Promise<number | null> {
    const { canary } = this;
    if (!canary) return null;
    const code = await canary.stop();
    await this.removeCanary();
    await until('the proxy knows', () => !this.proxy.isReady('canary'));
    return code;
  }

  /** However it is. */
  async removeCanary(): Promise<void> {
    const { canary } = this;
    this.canary = undefined;
    if (!canary) return;
    this.orphans.push(canary.dataDir);
    await canary.dispose();
  }

  /** As the Job of deploy/argo: the gate, recorded by the sidecar. */
  verify(release: string, more: readonly string[] = []): Promise<CommandResult> {
    const { http, admin } = this.canaryPorts;
    return runCli(
      [
        ...['verify', '--release', release, '--target', `http://${admin}`, '--ingest', `http://${http}`],
        ...['--baseline', `http://${this.stable.addresses.admin}`, '--baseline-ingest', this.stable.url],
        ...['--prometheus', this.prometheus.url, '--no-changelog'],
        ...['--record', this.sidecarUrl, '--require-record', '--json', ...more],
      ],
      {},
      300_000,
    );
  }

  /** As the web metric of deploy/argo. */
  async verdict(release: string): Promise<Verdict> {
    const url = `${this.sidecarUrl}/api/v1/releases/${release}/verdict?service=exporter`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return (await answer.json()) as Verdict;
  }

  changelog(): Promise<string> {
    return readFile(path.join(this.folder, 'HEALTH_CHANGELOG.md'), 'utf8');
  }

  /** Takes effect in both exporters as soon as they look; only the canary's flag differs. */
  setFlags(canary: 'tenth' | 'all'): Promise<void> {
    return writeFile(path.join(this.folder, 'flags.json'), flagsOf(canary));
  }

  /** The new version takes the place of the stable one, which is drained while the canary has all traffic. */
  async promote(version: string): Promise<number | null> {
    const code = await this.stable.stop();
    await this.stable.restart({ REHEARSED_VERSION: version });
    await until('the promoted one is ready', () => this.proxy.isReady('stable'));
    return code;
  }

  async close(): Promise<void> {
    await this.load.stop();
    await this.removeCanary();
    this.sidecar.dispose();
    await this.proxy.close();
    await Promise.all([this.stable.dispose(), this.prometheus.dispose(), this.grafana.close()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

function startSidecar(folder: string, admins: readonly string[], grafana: string): Promise<RunningCommand> {
  const [stable, canary] = admins.map((admin) => `http://${admin}`);
  return RunningCommand.start(
    process.execPath,
    [
      ...[path.join(root, 'exporter/bin/selfcheer.js'), 'sidecar', '--listen', '127.0.0.1:0'],
      ...['--target', `${stable}=stable`, '--target', `${canary}=canary`, '--grafana', grafana],
      ...['--data-dir', path.join(folder, 'sidecar')],
      ...['--changelog', path.join(folder, 'HEALTH_CHANGELOG.md')],
    ],
    { cwd: folder, env: { GRAFANA_TOKEN: token, LOG_LEVEL: 'error' } },
  );
}

function buildEnv(build: Build, version: string, folder: string): Record<string, string> {
  return {
    ...exporterEnv,
    NODE_OPTIONS: `--require=${JSON.stringify(path.join(__dirname, 'builds', `${build}.js`))}`,
    REHEARSED_VERSION: version,
    SELFCHEER_FLAGS_FILE: path.join(folder, 'flags.json'),
  };
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  for (const end = performance.now() + timeoutMs; !(await holds()); await sleep(100)) {
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
  }
}
