import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExporterProcess } from '../../../../e2e/helpers/exporter-process';
import { LedgerDriver, type LedgerDriverOptions } from '../../../../e2e/helpers/ledger-driver';
import { logConsumer, type Consumer } from '../../../../e2e/helpers/published';
import type { Row } from './row';
import { watchRss, type RssWatch } from './rss';

/** States follow what happens at once, and say how things are now, not within the last hour. */
export const promptCheer = {
  SELFCHEER_CHEER_HOLD_SECONDS: '1',
  SELFCHEER_CHEER_HEARTBEAT_SECONDS: '1',
  // Other work on the machine, and strace, make everything slow; how slow is not what these rows are about.
  SELFCHEER_CHEER_LATENCY_TARGET_SECONDS: '5',
  SELFCHEER_SLO_MIN_BAD_EVENTS: '1000000000',
} as const;

export interface DiskScene {
  readonly exporter: ExporterProcess;
  /** For this row's files; not on the disk that breaks. */
  readonly folder: string;
  readonly consumer: Consumer;
  readonly rss: RssWatch;
  driver(options?: Partial<LedgerDriverOptions>): LedgerDriver;
}

export interface DiskSceneOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly prefix?: readonly string[];
  readonly dataDir?: string;
}

/** An exporter over the embedded sink; all of it is gone after the row. */
export async function setDiskScene(row: Row, options: DiskSceneOptions = {}): Promise<DiskScene> {
  const folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-disk-'));
  row.onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const { env, ...where } = options;
  const exporter = await ExporterProcess.start({ ...promptCheer, ...env }, where);
  row.onEnd(() => exporter.dispose());
  const rss = watchRss(exporter);
  row.onEnd(() => rss.stop());
  let ledgers = 0;
  return {
    exporter,
    folder,
    rss,
    consumer: logConsumer(exporter.dataDir, 'events'),
    driver(more = {}) {
      const driver = new LedgerDriver({
        url: exporter.url,
        ledger: path.join(folder, `ledger-${ledgers++}`),
        count: Infinity,
        keys: 64,
        connections: 4,
        batch: 50,
        rate: 3_000,
        timeoutMs: row.pick(60_000, 1_500_000),
        ...more,
      });
      row.onEnd(() => driver.abandon());
      return driver;
    },
  };
}
