import type { Attempt, Evidence } from '../evidence';
import { clearlyAbove } from '../proportions';
import type { Gate, Verdict } from '../verify-document';
import { limits } from './limits';
import { attemptsOf, percent, reasonsOf, refusedShare } from './sums';

/** At least 99 % of all events are acknowledged. */
export function acceptedGate({ rounds, baseline }: Evidence): Gate {
  const attempts = attemptsOf(rounds, 'target');
  const beside = attemptsOf(rounds, 'baseline');
  const [own, other] = [refusedShare(attempts), refusedShare(beside)];
  const ratio = own.of === 0 ? null : 1 - own.count / own.of;
  const otherRatio = other.of === 0 ? null : 1 - other.count / other.of;
  const gate = (verdict: Verdict, detail: string): Gate => ({
    ...{ name: 'accepted', verdict, detail },
    figures: {
      ...{ sent: own.of, accepted: own.of - own.count, ratio, limit_ratio: limits.acceptedRatio },
      ...(baseline && { baseline_ratio: otherRatio }),
    },
  });
  if (ratio === null) return gate('inconclusive', 'No event was sent.');
  const told = `${own.of - own.count} of ${own.of} events acknowledged (${percent(ratio)}; limit ${percent(limits.acceptedRatio)})`;
  if (ratio >= limits.acceptedRatio) {
    return own.of < limits.leastEvents
      ? gate('inconclusive', `${told}: too few to judge, ${limits.leastEvents} are the least.`)
      : gate('pass', `${told}.`);
  }
  const reasons = reasonsOf(attempts);
  const misled = neverHeard(attempts, beside);
  if (misled !== undefined) return gate('inconclusive', `${told}: ${reasons}. ${misled}`);
  // What both have in common is no fault of the release.
  if (otherRatio !== null && otherRatio < limits.acceptedRatio && !clearlyAbove(own, other, 0)) {
    return gate(
      'inconclusive',
      `${told}: ${reasons}. The baseline does no better: ${percent(otherRatio)}. Look at what both share.`,
    );
  }
  return gate('fail', `${told}: ${reasons}.`);
}

/** Why nothing was taken, where that is more likely a matter of addresses and keys than of the release. */
function neverHeard(attempts: readonly Attempt[], beside: readonly Attempt[]): string | undefined {
  if (attempts.every(({ outcome }) => outcome === 'unreachable')) {
    return 'Nothing listens there: is --ingest the address of its HTTP ingest?';
  }
  const refusedByAll = attempts.every(
    ({ status }) => status !== null && status >= 400 && status < 500 && status !== 429,
  );
  const othersTaken = beside.some(({ outcome }) => outcome === 'accepted');
  return refusedByAll && !othersTaken
    ? 'Is --ingest right, and does the key have the role producer?'
    : undefined;
}
