import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExporterProcess } from '../../../e2e/helpers/exporter-process';
import { type FigureName, figureNames, type Figures, readScrape } from './figures';
import type { AckTimes } from './latency';
import type { Point } from './trend';

const everyMs = 2_000;

export interface SamplerOptions {
  readonly exporter: ExporterProcess;
  readonly acks: AckTimes;
  /** Seconds from the start of the load. */
  readonly now: () => number;
  /** No fault is on, and the last one is over for a while. */
  readonly quiet: () => boolean;
}

/** Looks at the process every two seconds: what it says of itself, and what the system says of it. */
export class Sampler {
  readonly #points = new Map<FigureName, Point[]>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #life = -1;
  #pid: number | undefined;
  #state = 'starting';
  #samples = 0;

  constructor(private readonly options: SamplerOptions) {
    for (const name of figureNames) this.#points.set(name, []);
    this.#running = this.#run();
  }

  /** The latest state that it told. */
  get state(): string {
    return this.#state;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Of quiet times only. */
  points(name: FigureName): readonly Point[] {
    return this.#points.get(name) ?? [];
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#look();
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { exporter, acks, now, quiet } = this.options;
    const { pid } = exporter;
    const p99 = acks.takeP99();
    if (pid === undefined) {
      this.#state = 'down';
      return;
    }
    if (pid !== this.#pid) {
      this.#pid = pid;
      this.#life += 1;
    }
    const wasQuiet = quiet();
    let told: ReturnType<typeof readScrape>;
    let seen: Figures;
    try {
      told = readScrape(await (await exporter.admin('/metrics')).text());
      seen = systemFigures(pid, exporter.dataDir);
    } catch {
      this.#state = 'silent';
      return;
    }
    this.#state = told.state ?? 'unknown';
    this.#samples += 1;
    if (!wasQuiet || !quiet() || exporter.pid !== pid) return;
    const figures: Figures = { ...told, ...seen, ...(p99 !== undefined && { 'ack p99': p99 }) };
    for (const name of figureNames) {
      const value = figures[name];
      if (value !== undefined) this.#points.get(name)?.push({ at: now(), value, life: this.#life });
    }
  }
}

/** From proc(5) and the file system. Throws when the process is gone. */
function systemFigures(pid: number, dataDir: string): Figures {
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/^Threads:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    'data directory': bytesOf(dataDir),
  };
}

function bytesOf(directory: string): number {
  let bytes = 0;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    // A file may go while it is looked at: the store compacts.
    const stats = statSync(path.join(directory, name), { throwIfNoEntry: false });
    if (stats?.isFile()) bytes += stats.size;
  }
  return bytes;
}
