import { clean } from '../table';
import { count, counted } from './reporter';
import type { Rejection } from './row';

/** What a run of `send` did. Counts are of this run; `skipped` rows had their answer from an earlier one. */
export interface Summary {
  /** Events that have an answer of the service. */
  readonly sent: number;
  readonly accepted: number;
  /** The service had them already; among them those of a request whose answer was lost. */
  readonly duplicates: number;
  /** By the service, or here because no event could be made of the row. */
  readonly rejected: number;
  readonly skipped: number;
  readonly skippedRejected: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** False when it ended before the source did. */
  readonly complete: boolean;
  readonly firstRejected: readonly Pick<Rejection, 'ordinal' | 'line' | 'code' | 'detail'>[];
}

export function summaryText(summary: Summary, rejectsFile: string | undefined): string {
  const { sent, accepted, duplicates, rejected, seconds, eventsPerSecond, firstRejected } = summary;
  const lines = [
    `${summary.complete ? 'Sent' : 'Ended early. Sent'} ${counted(sent, 'event')} in ${seconds} s (${count(eventsPerSecond)}/s): ` +
      `${count(accepted)} accepted, ${counted(duplicates, 'duplicate')}, ${count(rejected)} rejected.`,
  ];
  if (summary.skipped > 0) {
    lines.push(
      `Went on after row ${count(summary.skipped)} of an earlier run (${count(summary.skippedRejected)} of them rejected).`,
    );
  }
  for (const { ordinal, line, code, detail } of firstRejected) {
    lines.push(`  line ${line} (row ${ordinal}): ${code}: ${clean(detail)}`);
  }
  if (rejected > firstRejected.length) {
    const more = `  and ${count(rejected - firstRejected.length)} more`;
    lines.push(
      rejectsFile === undefined
        ? `${more}; name a file with --rejects to see all`
        : `${more}, all in ${rejectsFile}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
