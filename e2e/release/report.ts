import type { Account } from './account';
import type { Rehearsal } from './rollout';
import type { Build } from './stage';

/** The gate without the data that it needs. */
export interface Blind {
  readonly what: string;
  readonly exitCode: number | null;
  readonly verdict: string;
}

export interface Results {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly minutes: number;
  readonly rehearsals: readonly Rehearsal[];
  readonly blind: readonly Blind[];
  /** Undefined until the end. */
  readonly account: Account | undefined;
}

/** What should become of each build. */
export function isRight({ build, outcome, exitCode }: Rehearsal): boolean {
  if (build === 'good') return outcome === 'promoted';
  if (build === 'souring') return outcome === 'rolled back under traffic';
  return outcome === 'rolled back before traffic' && exitCode === 1;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN;
}

/** A table of all builds, in Markdown, and what was seen beside it. */
export function tableOf({ rehearsals, account, blind }: Results): string {
  const builds = [...new Set(rehearsals.map(({ build }) => build))];
  const lines = [
    '| build | runs | gate: pass, fail, inconclusive | promoted | rolled back before traffic | under traffic | as it should be | gate, median and longest | errors that callers saw |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...builds.map((build) => rowOf(build, rehearsals)),
    '',
    ...rehearsals.filter((one) => !isRight(one)).map(wrongLine),
    ...blind.map(
      ({ what, exitCode, verdict }) => `- Without data, ${what}: exit code ${exitCode}, ${verdict}.`,
    ),
    ...(account ? [accountLine(account)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function rowOf(build: Build, rehearsals: readonly Rehearsal[]): string {
  const runs = rehearsals.filter((one) => one.build === build);
  const count = (fits: (one: Rehearsal) => boolean): number => runs.filter(fits).length;
  const verdicts = ['pass', 'fail', 'inconclusive'].map((verdict) =>
    count(({ document }) => document?.verdict === verdict),
  );
  const outcomes = (['promoted', 'rolled back before traffic', 'rolled back under traffic'] as const).map(
    (outcome) => count((one) => one.outcome === outcome),
  );
  const seconds = runs.map(({ gateSeconds }) => gateSeconds);
  const sum = (of: (one: Rehearsal) => number): number => runs.reduce((total, one) => total + of(one), 0);
  const errors = `${sum((one) => one.errorsOfCanary)} of ${sum((one) => one.requestsToCanary)} by it, ${sum((one) => one.otherErrors)} by others`;
  const cells = [
    ...[build, runs.length, verdicts.join(', '), ...outcomes, `${count(isRight)} of ${runs.length}`],
    ...[`${median(seconds).toFixed(1)} s, ${Math.max(...seconds).toFixed(1)} s`, errors],
  ];
  return `| ${cells.join(' | ')} |`;
}

function wrongLine({ build, release, outcome, exitCode, document, polls }: Rehearsal): string {
  const gates = document?.gates.filter(({ verdict }) => verdict !== 'pass') ?? [];
  const why = gates.map(({ name, verdict, detail }) => `${name} ${verdict}: ${detail}`).join(' ');
  return `- **Wrong**: ${build} ${release}, exit code ${exitCode}, ${outcome}. ${why} Polls: ${polls.join(', ')}`;
}

function accountLine({ acknowledged, published, lost, changed, drained }: Account): string {
  return (
    `- Real events: ${acknowledged} acknowledged, ${published} in the sinks, ${lost.length} lost, ` +
    `${changed.length} changed; ${drained} events of canaries were left in their stores and published by \`store drain\`.`
  );
}
