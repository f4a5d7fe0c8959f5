import type { FlagChange } from './flag-change';
import type { FlagValue, VerifyDocument } from './verify-document';

/** The line of a section that says whose run it is; by it, a run is found again. */
export function runLine(run: string): string {
  return `- run: \`${run}\``;
}

/** One attempt, in Markdown; ends in a line break. */
export function releaseSection(document: VerifyDocument): string {
  const { service, release, previous, verdict, run, target, baseline, gates, flags } = document;
  const started = new Date(document.started_at);
  const seconds = (Date.parse(document.ended_at) - started.getTime()) / 1000;
  return [
    `## ${plain(service)} ${plain(release)}: ${verdict} (${stamp(started)})`,
    '',
    runLine(run),
    `- previous: ${previous === null ? 'none named' : plain(previous)}`,
    `- target: ${plain(target)}; beside it: ${baseline === null ? 'none' : plain(baseline)}`,
    `- took: ${seconds.toFixed(1)} s`,
    `- flags: ${flags.length === 0 ? 'none known' : flags.map(flagText).join(', ')}`,
    '',
    '| gate | verdict | what was seen |',
    '| --- | --- | --- |',
    ...gates.map((gate) => `| ${gate.name} | ${gate.verdict} | ${plain(gate.detail)} |`),
    '',
  ].join('\n');
}

/** One change of a flag, in Markdown; ends in a line break. */
export function flagSection({ at, service, title, detail }: FlagChange): string {
  return `## ${plain(service)}: ${plain(title)} (${stamp(new Date(at))})\n\n- ${plain(detail)}\n`;
}

function flagText({ flag, variant, value }: FlagValue): string {
  return `${plain(flag)} = ${plain(variant)} (${plain(String(value))})`;
}

/** Seconds are enough for people, and UTC is the same for all of them. */
function stamp(time: Date): string {
  return time.toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
}

/** Text of others on one line, without a meaning in Markdown or HTML. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\s]+/gu, ' ')
    .trim()
    .replace(/[\\`*_[\]<>|~&#]/g, '\\$&');
}
