import { messageOf } from '../errors';
import { GrafanaAnnotations, releaseAnnotation } from '../release/annotations';
import { HealthChangelog } from '../release/health-changelog';
import { recordRelease } from '../release/record';
import type { VerifyDocument } from '../release/verify-document';
import type { VerifySettings } from './verify-options';

/** A place that does not have the attempt. */
export interface NotRecorded {
  readonly why: string;
  /** False for Grafana, and for the changelog that nobody named: a release is not held up for want of these. */
  readonly required: boolean;
}

/** Writes an attempt wherever it is to be; one place that fails keeps nothing from the others. Never rejects. */
export async function recordEverywhere(
  document: VerifyDocument,
  settings: VerifySettings,
  signal: AbortSignal,
): Promise<NotRecorded[]> {
  const { record, changelog, changelogRequired, grafana, recordKey } = settings;
  const missing: NotRecorded[] = [];
  const attempt = async (required: boolean, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      missing.push({ why: messageOf(error), required });
    }
  };
  await Promise.all([
    ...record.map((url) => attempt(true, () => recordRelease(url, document, { apiKey: recordKey, signal }))),
    changelog !== undefined &&
      attempt(changelogRequired, () => new HealthChangelog(changelog).addRelease(document)),
    grafana &&
      new GrafanaAnnotations({
        ...{ ...grafana, signal },
        onTrouble: (why) => missing.push({ why, required: false }),
      }).add(releaseAnnotation(document)),
  ]);
  return missing;
}
