import type { SoakAccount } from './account';
import { type FigureName, figures, shown } from './figures';
import type { MinuteOfAcks } from './latency';
import type { Trend } from './trend';
import type { SufferedFault } from './verdict';

export interface SoakResult {
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly cores: number; readonly memoryGibibytes: number };
  readonly options: Readonly<Record<string, unknown>> & { readonly seed: number };
  /** Of the load. */
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly passed: boolean;
  readonly failures: readonly string[];
  readonly account: SoakAccount | undefined;
  /** Requests of the steady load that were refused or not answered, and sent again. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly faults: readonly SufferedFault[];
  readonly peakRssBytes: number;
  readonly trends: Readonly<Partial<Record<FigureName, Trend>>>;
  readonly minutes: readonly MinuteOfAcks[];
}

/** The tables, for docs/results. */
export function markdown(result: SoakResult): string {
  const { machine, options, versions, account, failures, seconds } = result;
  const about = [
    `${(seconds / 60).toFixed(1)} minutes of load${result.interrupted ? ', interrupted' : ''}`,
    ...Object.entries(options).map(([name, value]) => `${name} ${shownOption(value)}`),
    `${machine.cores} cores, ${machine.memoryGibibytes} GiB`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ];
  return [
    `# Soak of ${result.date.slice(0, 10)}: ${result.passed ? 'passed' : 'FAILED'}`,
    `${about.join('; ')}.`,
    ...(failures.length > 0 ? [failures.map((failure) => `- ${failure}`).join('\n')] : []),
    ...(account ? [accountTable(account)] : []),
    ...(result.faults.length > 0 ? [faultTable(result.faults)] : []),
    trendTable(result.trends),
    `Peak resident memory ${shown(result.peakRssBytes, 'bytes')}.`,
    minuteTable(result.minutes),
    '',
  ].join('\n\n');
}

function shownOption(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') || 'none' : String(value);
}

function accountTable(account: SoakAccount): string {
  const { acked, found, duplicates, duplicatesAtMost, quarantined, echoes, updates, wrong } = account;
  const lost = Object.values(wrong).reduce((sum, ids) => sum + ids.length, 0);
  return table(
    ['acked', 'in Kafka', 'in quarantine', 'duplicates (at most)', 'updates', 'sent twice', 'drain', 'wrong'],
    [
      [
        acked,
        found,
        quarantined,
        `${duplicates} (${duplicatesAtMost})`,
        updates,
        echoes,
        shown(account.drainSeconds, 'seconds'),
        lost,
      ],
    ],
  );
}

function faultTable(faults: readonly SufferedFault[]): string {
  const kinds = [...new Set(faults.map(({ kind }) => kind))].sort();
  return table(
    ['fault', 'times', 'seconds in all', 'longest way back to green'],
    kinds.map((kind) => {
      const some = faults.filter((fault) => fault.kind === kind);
      const longest = Math.max(...some.map(({ recoverySeconds = Infinity }) => recoverySeconds));
      const sum = some.reduce((seconds, fault) => seconds + fault.seconds, 0);
      return [
        kind,
        some.length,
        sum.toFixed(0),
        Number.isFinite(longest) ? `${longest.toFixed(1)} s` : 'never',
      ];
    }),
  );
}

function trendTable(trends: SoakResult['trends']): string {
  return table(
    ['figure', 'median', 'first', 'last', 'most', 'an hour', 'share', 'noise', 'observed', 'verdict'],
    Object.entries(trends).map(([name, trend]) => {
      const { unit } = figures[name as FigureName];
      return [
        name,
        ...[trend.median, trend.first, trend.last, trend.most].map((value) => shown(value, unit)),
        `${trend.slopePerHour < 0 ? '' : '+'}${shown(trend.slopePerHour, unit)}`,
        `${Math.round(trend.sharePerHour * 100)} %`,
        shown(trend.noise, unit),
        `${(trend.observed / 60).toFixed(1)} min`,
        trend.leak ? 'LEAK' : trend.judged ? 'steady' : 'too short to judge',
      ];
    }),
  );
}

function minuteTable(minutes: readonly MinuteOfAcks[]): string {
  return table(
    ['minute', 'requests', 'ack p50', 'ack p99', 'p99 in quiet'],
    minutes.map(({ minute, requests, p50, p99, quietP99 = NaN }) => [
      minute,
      requests,
      ...[p50, p99, quietP99].map((seconds) => shown(seconds, 'seconds')),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
