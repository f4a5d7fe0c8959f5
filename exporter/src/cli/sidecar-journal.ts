import type { Logger } from '@selfcheer/cheer-kit';
import {
  flagAnnotation,
  GrafanaAnnotations,
  releaseAnnotation,
  type Annotation,
} from '../release/annotations';
import type { FlagChange } from '../release/flag-change';
import { HealthChangelog } from '../release/health-changelog';
import type { SidecarJournal } from '../sidecar/targets-app';

export interface JournalOptions {
  /** Grafana's URL; no annotations when absent. */
  readonly grafana?: string | undefined;
  readonly grafanaToken?: string | undefined;
  /** HEALTH_CHANGELOG.md; not written when absent. */
  readonly changelog?: string | undefined;
  readonly logger: Logger;
  /** Milliseconds that the end waits for what is being written; 5,000 when absent. */
  readonly closeMs?: number;
}

/** More than these wait only while the file can't be written; they would be lost with the process anyway. */
const mostWaiting = 100;

/**
 * Writes what a sidecar hears of to Grafana and to a changelog, one after the other. What can't be written is logged, and
 * holds up nothing.
 */
export function createJournal(options: JournalOptions): SidecarJournal {
  const { grafana, grafanaToken, changelog: file, logger, closeMs = 5_000 } = options;
  const ending = new AbortController();
  const annotations =
    grafana === undefined
      ? undefined
      : new GrafanaAnnotations({
          ...{ url: grafana, token: grafanaToken, signal: ending.signal },
          onTrouble: (why) => logger.warn(why),
        });
  const changelog = file === undefined ? undefined : new HealthChangelog(file);
  let waiting = 0;
  let written: Promise<void> = Promise.resolve();

  const write = (annotation: Annotation, section: (to: HealthChangelog) => Promise<void>): void => {
    void annotations?.add(annotation);
    if (!changelog) return;
    if (waiting >= mostWaiting) {
      logger.warn({ file }, `${mostWaiting} entries of the changelog wait to be written: one is left out`);
      return;
    }
    waiting += 1;
    written = written
      .then(() => section(changelog))
      .catch((error: unknown) => logger.warn({ err: error }, 'the changelog was not written'))
      .finally(() => (waiting -= 1));
  };

  return {
    release: ({ document }) => write(releaseAnnotation(document), (to) => to.addRelease(document)),
    flag: (change: FlagChange) => write(flagAnnotation(change), (to) => to.addFlagChange(change)),
    async close() {
      const late = setTimeout(() => ending.abort(), closeMs);
      const given = new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve()));
      await Promise.race([Promise.all([written, annotations?.settled()]), given]);
      clearTimeout(late);
    },
  };
}
