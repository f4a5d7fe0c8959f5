import type { Report, Result } from './run';

export interface Score {
  readonly met: number;
  readonly missed: number;
  readonly unchecked: number;
  /** `incomplete`: nothing was missed, and not everything could be checked. */
  readonly verdict: 'conforms' | 'misses' | 'incomplete';
}

export function scoreOf(results: readonly Result[]): Score {
  const count = (status: Result['finding']['status']): number =>
    results.filter(({ finding }) => finding.status === status).length;
  const score = { met: count('met'), missed: count('missed'), unchecked: count('unchecked') };
  const verdict = score.missed > 0 ? 'misses' : score.unchecked > 0 ? 'incomplete' : 'conforms';
  return { ...score, verdict };
}

const idWidth = 18;

/** One result for a person: a line, and with a miss what to do. Ends in a line break. */
export function resultText({ id, expected, mend, finding }: Result): string {
  const head = (mark: string, text: string): string =>
    `${mark.padEnd(6)} ${id.padEnd(idWidth)} ${text}`.trimEnd() + '\n';
  if (finding.status === 'met') return head('ok', finding.seen);
  if (finding.status === 'unchecked') return head('-', `not checked: ${finding.why}`);
  const seen = finding.seen
    .slice(0, 10)
    .map((line, index) => `       ${index === 0 ? 'seen:    ' : '         '} ${line}\n`);
  return `${head('MISSED', '')}       expected: ${expected}\n${seen.join('')}       to do:    ${mend}\n`;
}

export function scoreText(report: Report): string {
  const { met, missed, unchecked, verdict } = scoreOf(report.results);
  const name = report.service === '' ? report.url : `${report.service} ${report.version}`;
  const says = {
    conforms: 'conforms',
    misses: 'does not conform',
    incomplete: 'misses nothing, but not everything was checked',
  };
  const parts = [`${met} of ${report.results.length} met`, `${missed} missed`, `${unchecked} not checked`];
  return `\n${name} ${says[verdict]}: ${parts.join(', ')}.\n`;
}

/** The report for scripts: docs/conform.md tells its members. */
export function reportJson({ url, admin, service, version, results }: Report) {
  return {
    url,
    admin,
    service,
    version,
    ...scoreOf(results),
    checks: results.map(({ id, expected, mend, finding }) => ({
      id,
      status: finding.status,
      expected,
      seen: finding.status === 'unchecked' ? [finding.why] : [finding.seen].flat(),
      ...(finding.status === 'missed' && { mend }),
    })),
  };
}
