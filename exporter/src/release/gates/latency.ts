import type { Round } from '../evidence';
import { quantile } from '../proportions';
import type { Gate, Verdict } from '../verify-document';
import { limits } from './limits';
import { ackSeconds, time } from './sums';

export const latencySlo = 'ingest-latency';

/**
 * One round: fails only when p95 is above the limit and p50 above twice the baseline's. The first alone would fail good
 * releases on a loaded machine, which slows both. Without a baseline nobody can tell these apart, so it never fails.
 */
export function latencyGate({ target, baseline }: Round): Gate {
  const [own, other] = [ackSeconds(target), ackSeconds(baseline)];
  const [p50, p95] = [quantile(own, 0.5), quantile(own, 0.95)];
  const otherP50 = quantile(other, 0.5);
  // A release does not set the limit that it is held to.
  const limit = baseline ? targetOf(baseline) : targetOf(target);
  const gate = (verdict: Verdict, detail: string): Gate => ({
    ...{ name: 'latency', verdict, detail },
    figures: {
      ...{ events: own.length, p50_seconds: p50 ?? null, p95_seconds: p95 ?? null },
      limit_seconds: limit ?? null,
      ...(baseline && {
        baseline_events: other.length,
        baseline_p50_seconds: otherP50 ?? null,
        baseline_p95_seconds: quantile(other, 0.95) ?? null,
      }),
    },
  });
  if (p50 === undefined || p95 === undefined) return gate('inconclusive', 'No event was acknowledged.');
  if (limit === undefined) {
    return gate('inconclusive', `The limit is not known (cheer_latency_target_seconds of ${latencySlo}).`);
  }
  const told = `p50 ${time(p50)}, p95 ${time(p95)} (limit ${time(limit)})`;
  if (!baseline) {
    if (p95 > limit)
      return gate('inconclusive', `${told}, and no baseline to tell the machine from the release.`);
    return enough(own.length) ? gate('pass', `${told}.`) : gate('inconclusive', tooFew(told));
  }
  if (otherP50 === undefined) return gate('inconclusive', `${told}; the baseline acknowledged no event.`);
  const beside = `${told}; p50 of the baseline ${time(otherP50)}`;
  // Five a side are enough to see that every answer takes seconds.
  if (p95 > limit && p50 > limits.slowFactor * otherP50) {
    return Math.min(own.length, other.length) >= leastToFail
      ? gate('fail', `${beside}: slower by more than ${limits.slowFactor} times.`)
      : gate('inconclusive', tooFew(beside));
  }
  return enough(own.length) && enough(other.length)
    ? gate('pass', `${beside}.`)
    : gate('inconclusive', tooFew(beside));
}

const leastToFail = 5;

function enough(events: number): boolean {
  return events >= limits.leastEvents;
}

function tooFew(told: string): string {
  return `${told}: too few events to judge, ${limits.leastEvents} are the least.`;
}

function targetOf({ before, after }: Round['target']): number | undefined {
  return (after ?? before)?.latencyTargets.get(latencySlo);
}
