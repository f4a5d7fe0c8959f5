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
  /** Why it does not answer; then the rest is how it was when it did. Absent while it answers. */
  readonly away?: string;
}

export const verdictCodes = [
  ...['gate_failed', 'gate_inconclusive', 'gate_passed', 'not_recorded'],
  ...['live_red', 'live_gone', 'live_away', 'live_draining', 'live_disabled', 'live_warming', 'live_well'],
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

const weight: readonly Verdict[] = ['fail', 'inconclusive', 'pass'];
const worstFirst = (a: { finding: Finding }, b: { finding: Finding }): number =>
  weight.indexOf(a.finding.verdict) - weight.indexOf(b.finding.verdict);

/**
 * What to do with a release now: `fail` when its newest attempt failed, or the service that runs it is red, or was seen
 * draining and is gone; `pass` only when its newest attempt passed and that service answers and is well; else
 * `inconclusive`.
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
  const { service, track, state, idle, draining, away } = live;
  const of = `${service} (${track})`;
  if (away !== undefined) {
    return draining
      ? { verdict: 'fail', code: 'live_gone', detail: `${of} was draining, and now it is gone: ${away}.` }
      : { verdict: 'inconclusive', code: 'live_away', detail: `${of} does not answer: ${away}.` };
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
