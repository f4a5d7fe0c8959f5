import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const libraries = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (platform) => `/usr/lib/${platform}/faketime/libfaketimeMT.so.1`,
);

/** The wall clock of one process, to be moved while it runs; its monotonic clock goes on as it should. */
export class MovableClock {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-clock-'));
  private readonly file = path.join(this.folder, 'offset');
  /** For the process. */
  readonly env: Readonly<Record<string, string>>;

  constructor() {
    const library = libraries.find((file) => existsSync(file));
    if (library === undefined) throw new Error('libfaketime is missing: apt-get install faketime');
    this.move(0);
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // Seconds after which it looks at the file again.
      FAKETIME_CACHE_DURATION: '1',
    };
  }

  /** Seconds from the real time. */
  move(seconds: number): void {
    const next = `${this.file}.next`;
    writeFileSync(next, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`);
    renameSync(next, this.file);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
