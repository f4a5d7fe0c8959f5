import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Buildah with a store of its own, which needs no daemon: containers are changed roots. */
export class Buildah {
  private readonly store = mkdtempSync(path.join(tmpdir(), 'selfcheer-images-'));
  readonly environment = { ...process.env, BUILDAH_ISOLATION: 'chroot' };

  /** The arguments of buildah for these; to start it oneself. */
  arguments(...rest: readonly string[]): string[] {
    return ['--root', path.join(this.store, 'root'), '--runroot', path.join(this.store, 'run'), ...rest];
  }

  /** Runs it to its end. Resolves with its output; rejects with the end of all it said when it fails. */
  async run(...rest: readonly string[]): Promise<string> {
    const options = { env: this.environment, maxBuffer: 64 * 1024 * 1024, timeout: 400_000 };
    try {
      const { stdout } = await run('buildah', this.arguments(...rest), options);
      return stdout.trim();
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-40).join('\n');
      throw new Error(`buildah ${rest[0]} failed:\n${said}`, { cause: error });
    }
  }

  /** Where the files of a container are. */
  mount(container: string): Promise<string> {
    return this.run('mount', container);
  }

  async dispose(): Promise<void> {
    await this.run('rm', '--all').catch(() => undefined);
    rmSync(this.store, { recursive: true, force: true });
  }
}
