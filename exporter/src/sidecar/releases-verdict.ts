import type { CheerState } from '@selfcheer/cheer-kit';
import type { Verdict } from '../release/verify-document';
import type { RecordedRelease } from './releases-file';

/** A running service as it is known now. */
export interface LiveService {
  readonly service: string;
  readonly version: string;
  readonly track: string;
  readonly state: CheerState;
  readonly score: number | null;
  readonly idle: boolean;
  readonly draining: boolean;
  /** Red by nothing but late answers of a moment; see `isLateOnly`. */
  readonly late?: boolean;
  /** Why it does not answer; then the rest is how it was when it did. Absent while it answers. */
  readonly away?: string;
}

export const verdictCodes = [
  ...['gate_failed', 'gate_inconclusive', 'gate_passed', 'not_recorded'],
  ...['live_red', 'live_gone', 'live_late', 'live_away', 'live_draining', 'live_disabled', 'live_warming'],
  'live_well',
  'not_running',
] as const;

export interface VerdictReason {
  readonly code: (typeof verdictCodes)[number];
  readonly detail: string;
}

export interface ReleaseVerdict {
  readonly verdict: Verdict;
  /** What it rests on, the weightiest first. */
  readonly reasons: readonly VerdictReason[];
  /** The attempt that it rests on. */
  readonly attempt?: RecordedRelease;
  /** The running service that it rests on, the worst of them; one that does not answer is none. */
  readonly live?: LiveService;
}

interface Finding extends VerdictReason {
  readonly verdict: Verdict;
}

/** As by default in an SLO: fewer bad events spend nothing of its budget. */
const fewBadEvents = 10;

/**
 * Whether nothing but the budget of a latency SLO makes a service red, while the p90 of five minutes is within its
 * target, or another version beside it misses its own, too. A release that has only just begun has few events in its
 * hour: one moment in which the machine stands still spends its whole budget, however good it is, and a p95 alone
 * failed 2 of 15 good releases. Events that fail, are delivered late or pile up never count as this.
 *
 * @param reasons those that the cheer tells
 * @param slos with the part of the budget that is left, 0 when spent
 * @param beside reasons of other versions of the same service
 */
export function isLateOnly(
  reasons: readonly { readonly code: string }[],
  slos: readonly { readonly name: string; readonly bad: number; readonly budgetRemaining: number }[],
  beside: readonly { readonly code: string }[] = [],
): boolean {
  const shared = beside.some(({ code }) => code === 'latency');
  const spent = slos.filter(({ bad, budgetRemaining }) => budgetRemaining <= 0 && bad >= fewBadEvents);
  return (
    reasons.length > 0 &&
    reasons.every(({ code }) => code === 'error_budget' || (shared && code === 'latency')) &&
    spent.length > 0 &&
    spent.every(({ name }) => name.endsWith('-latency'))
  );
}

const weight: readonly Verdict[] = ['fail', 'inconclusive', 'pass'];
const worstFirst = (a: { finding: Finding }, b: { finding: Finding }): number =>
  weight.indexOf(a.finding.verdict) - weight.indexOf(b.finding.verdict);

/**
 * What to do with a release now: `fail` when its newest attempt failed, or the service that runs it is red (by more than
 * late answers of a moment), or was seen draining and is gone; `pass` only when its newest attempt passed and that
 * service answers and is well; else `inconclusive`.
 *
 * Several services may have a release of the same name: then each counts, and the worst decides.
 *
 * @param attempts at this release, newest first
 * @param running services that run it now, or did when they were last heard
 */
export function releaseVerdict(
  attempts: readonly RecordedRelease[],
  running: readonly LiveService[],
): ReleaseVerdict {
  const newest = new Map<string, RecordedRelease>();
  for (const attempt of attempts) {
    const { service } = attempt.document;
    if (!newest.has(service)) newest.set(service, attempt);
  }
  const judged = [...newest.values()].map((attempt) => ({ attempt, finding: ofAttempt(attempt) }));
  judged.sort(worstFirst);
  // One that nobody has checked under this name may be of another service that happens to number alike.
  const ours = running.filter(({ service }) => newest.size === 0 || newest.has(service));
  const lives: { live?: LiveService; finding: Finding }[] = ours.map((live) => ({
    live,
    finding: ofLive(live),
  }));
  for (const service of newest.keys()) {
    if (!ours.some((live) => live.service === service)) lives.push({ finding: absent(service) });
  }
  lives.sort(worstFirst);

  const recorded = judged[0]?.finding ?? notRecorded;
  const alive = lives[0]?.finding ?? absent();
  const findings = [recorded, alive].sort((a, b) => worstFirst({ finding: a }, { finding: b }));
  const attempt = judged[0]?.attempt;
  const live = lives[0]?.live;
  return {
    verdict: findings[0]!.verdict,
    reasons: findings.map(({ code, detail }) => ({ code, detail })),
    ...(attempt && { attempt }),
    ...(live && live.away === undefined && { live }),
  };
}

const notRecorded: Finding = {
  ...{ verdict: 'inconclusive', code: 'not_recorded' },
  detail: 'No attempt at this release is recorded here.',
};

const absent = (service?: string): Finding => ({
  ...{ verdict: 'inconclusive', code: 'not_running' },
  detail: `No service that is looked at runs this release${service === undefined ? '' : ` of ${service}`}.`,
});

function ofAttempt({ document }: RecordedRelease): Finding {
  const { run, service, verdict, gates } = document;
  const gatesThat = (wanted: Verdict): string =>
    gates
      .filter((gate) => gate.verdict === wanted)
      .map(({ name, detail }) => `${name}: ${detail}`)
      .join('; ');
  const of = `Run ${run} of ${service}`;
  switch (verdict) {
    case 'fail':
      return { verdict, code: 'gate_failed', detail: `${of} failed. ${gatesThat('fail')}` };
    case 'pass':
      return { verdict, code: 'gate_passed', detail: `${of} passed all its gates.` };
    case 'inconclusive':
      return {
        verdict,
        code: 'gate_inconclusive',
        detail: `${of} was inconclusive. ${gatesThat('inconclusive')}`,
      };
  }
}

function ofLive(live: LiveService): Finding {
  const { service, track, state, idle, draining, late = false, away } = live;
  const of = `${service} (${track})`;
  if (away !== undefined) {
    return draining
      ? { verdict: 'fail', code: 'live_gone', detail: `${of} was draining, and now it is gone: ${away}.` }
      : { verdict: 'inconclusive', code: 'live_away', detail: `${of} does not answer: ${away}.` };
  }
  if (state === 'red' && late) {
    const detail = `${of} is red by late answers alone, which may be for the machine: ask again.`;
    return { verdict: 'inconclusive', code: 'live_late', detail };
  }
  if (state === 'red') return { verdict: 'fail', code: 'live_red', detail: `${of} is red.` };
  if (draining) return { verdict: 'inconclusive', code: 'live_draining', detail: `${of} is draining.` };
  if (state === 'disabled') {
    return { verdict: 'inconclusive', code: 'live_disabled', detail: `The cheer of ${of} is switched off.` };
  }
  if (state === 'warming' && !idle) {
    return { verdict: 'inconclusive', code: 'live_warming', detail: `${of} has only just started.` };
  }
  const how = state === 'warming' ? 'is warming up, without any work yet' : `is ${state}`;
  return { verdict: 'pass', code: 'live_well', detail: `${of} ${how}.` };
}
