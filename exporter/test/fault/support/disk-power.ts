import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExporterProcess } from '../../../../e2e/helpers/exporter-process';
import { losePower, RemovedFiles, type LossFigures, type PowerLoss } from './disk-loss';
import { DiskModel } from './disk-model';
import { tracing } from './disk-trace';
import { waitFor } from './wait-for';

/** LevelDB's own log for people, and its lock. */
const noPartOfIt = /^(LOG|LOG\.old|LOCK)$/;

/** An exporter on a disk that can lose its power: what it writes is traced from the first start on. */
export class PowerRig {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-power-'));
  readonly dataDir = path.join(this.folder, 'data');
  private model = new DiskModel(this.folder, noPartOfIt);
  private readonly removed = new RemovedFiles(
    path.join(this.dataDir, 'store'),
    path.join(this.folder, 'removed'),
  );
  private lives = 0;
  private pid = 0;
  exporter!: ExporterProcess;

  constructor(private readonly env: Readonly<Record<string, string>> = {}) {}

  /** The first start, in an empty directory. */
  async start(): Promise<void> {
    this.exporter = await ExporterProcess.start(this.env, {
      dataDir: this.dataDir,
      prefix: tracing(this.trace(1)),
    });
    this.lives = 1;
    this.pid = this.exporter.pid!;
    this.removed.start();
  }

  /** After `kill`: an empty disk. */
  wipe(): void {
    rmSync(this.dataDir, { recursive: true });
    this.model = new DiskModel(this.folder, noPartOfIt);
  }

  /** Resolves when it is ready; rejects when it refuses to start, or is killed before. */
  async restart(): Promise<void> {
    this.lives += 1;
    const ready = this.exporter.restart({}, tracing(this.trace(this.lives)));
    this.pid = this.exporter.pid!;
    await ready;
    if (!this.removed.active) this.removed.start();
  }

  /** kill -9; the page cache stays. */
  async kill(): Promise<void> {
    await this.exporter.kill9();
    const trace = this.trace(this.lives);
    // strace goes on for a moment to write down the end.
    const end = new RegExp(`^${this.pid} +\\+\\+\\+ (killed|exited)`, 'm');
    await waitFor('the end of the trace', 20_000, () =>
      end.test(readFileSync(trace, 'latin1').slice(-4_000)),
    );
    this.model.absorb(trace);
    rmSync(trace);
  }

  /** What a power loss may leave; the process is dead. */
  lose(loss: PowerLoss): LossFigures {
    const figures = losePower(this.model, this.removed, loss);
    this.removed.start();
    return figures;
  }

  async dispose(): Promise<void> {
    await this.exporter?.dispose();
    this.removed.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private trace(life: number): string {
    return path.join(this.folder, `trace-${life}`);
  }
}
