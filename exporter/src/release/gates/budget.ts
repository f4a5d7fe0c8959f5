import { slosBetween, type SloCounts } from '../counters';
import type { Attempt, Deliveries, GoodBad, PrometheusSide, Round, SideRound } from '../evidence';
import { clearlyAbove } from '../proportions';
import type { Gate, Verdict } from '../verify-document';
import { latencySlo } from './latency';
import { limits } from './limits';
import { acceptedOf, percent } from './sums';

/** Beyond this a burn rate says nothing more; an objective of 100 % has an infinite one. */
const highestBurn = 1_000_000;

interface Burn {
  readonly slo: string;
  readonly own: GoodBad;
  readonly rate: number;
  readonly otherRate: number | null;
  readonly failed: boolean;
}

/**
 * One round: no SLO burns its budget as fast as pages somebody, by enough bad events, and clearly faster than the
 * baseline's. Counted are the real events of the round, and beside them, as a release may have no traffic yet, the
 * synthetic ones: the service keeps these out of its SLOs, so their availability and delivery are judged here. How fast
 * it acknowledges is left to the gate latency.
 */
export function budgetGate(
  round: Round,
  deliveries: { readonly target: Deliveries; readonly baseline: Deliveries },
): Gate {
  const { target, baseline, prometheus } = round;
  const slos = slosBetween(target.before, target.after);
  const theirs = slosBetween(baseline?.before, baseline?.after);
  const burns = [...slos].flatMap(([slo, counts]) =>
    // Latency has a gate of its own, with a rule that a loaded machine does not trip.
    slo === latencySlo ? [] : burnsOf(slo, counts, theirs.get(slo), round, deliveries),
  );
  const worst = burns.reduce<Burn | undefined>(
    (most, burn) =>
      !most ||
      Number(burn.failed) - Number(most.failed) > 0 ||
      (burn.failed === most.failed && burn.rate > most.rate)
        ? burn
        : most,
    undefined,
  );
  const sent = target.attempts.length;
  const realEvents = [...slos.values()].reduce((most, { good, bad }) => Math.max(most, good + bad), 0);
  const gate = (verdict: Verdict, detail: string): Gate => ({
    ...{ name: 'budget', verdict, detail },
    figures: {
      ...{ burn_rate: worst?.rate ?? null, limit_burn_rate: limits.burnRate },
      ...{ bad: worst?.own.bad ?? null, events: worst ? worst.own.good + worst.own.bad : null },
      ...{ synthetic_events: sent, real_events: slos.size > 0 ? realEvents : null },
      ...(baseline && { baseline_burn_rate: worst?.otherRate ?? null }),
    },
  });
  if (!worst)
    return gate('inconclusive', 'Its SLOs are not to be had (cheer_slo_* on /metrics, role reader).');
  const events = worst.own.good + worst.own.bad;
  const told =
    `The fastest burn is ${worst.rate.toFixed(1)} of ${worst.slo} (limit ${limits.burnRate}): ` +
    `${worst.own.bad} bad of ${events} events (${percent(events === 0 ? 0 : worst.own.bad / events)})` +
    (worst.otherRate === null ? '' : `; the baseline's is ${worst.otherRate.toFixed(1)}`);
  if (worst.failed) return gate('fail', `${told}.`);
  if (baseline && theirs.size === 0) {
    return gate('inconclusive', `${told}; the SLOs of the baseline are not to be had.`);
  }
  const missing = [...theirs.keys()].filter((slo) => !slos.has(slo));
  if (missing.length > 0) {
    return gate('inconclusive', `${told}; it does not count ${missing.join(', ')}, as the baseline does.`);
  }
  if (prometheus && 'why' in prometheus) {
    return gate('inconclusive', `${told}; Prometheus does not tell: ${prometheus.why}`);
  }
  const unseen = prometheus && [...slos.keys()].filter((slo) => !prometheus.target.slos.has(slo));
  if (unseen && unseen.length > 0) {
    return gate('inconclusive', `${told}; Prometheus knows nothing of ${unseen.join(', ')}.`);
  }
  if (deliveries.target === undefined) {
    return gate('inconclusive', `${told}; what became of the events is not to be had.`);
  }
  if (sent < limits.leastEvents) {
    return gate('inconclusive', `${told}: too few events to judge, ${limits.leastEvents} are the least.`);
  }
  const source = prometheus ? 'by Prometheus and /metrics' : 'by /metrics, as no Prometheus was named';
  return gate('pass', `${told}; ${source}.`);
}

/** By the service's own count with the synthetic events, and by that of Prometheus, which knows all its processes. */
function burnsOf(
  slo: string,
  counts: SloCounts,
  theirs: SloCounts | undefined,
  { target, baseline, prometheus }: Round,
  deliveries: { readonly target: Deliveries; readonly baseline: Deliveries },
): Burn[] {
  // A release does not set the limits that it is held to.
  const limit = theirs ?? counts;
  const lateAfter = (baseline ?? target).after?.latencyTargets.get(slo);
  const own = together(counts, syntheticOf(slo, target, deliveries.target, lateAfter));
  const other =
    baseline && theirs && together(theirs, syntheticOf(slo, baseline, deliveries.baseline, lateAfter));
  const burns = [burn(slo, limit, own, other)];
  if (prometheus && 'target' in prometheus) {
    const seen = prometheus.target.slos.get(slo);
    if (seen) burns.push(burn(slo, limit, seen, sideOf(prometheus.baseline, slo)));
  }
  return burns;
}

function sideOf(side: PrometheusSide | undefined, slo: string): GoodBad | undefined {
  const seen = side?.slos.get(slo);
  return seen && seen.good + seen.bad > 0 ? seen : undefined;
}

function burn(slo: string, { objective, minBad }: SloCounts, own: GoodBad, other: GoodBad | undefined): Burn {
  const rate = rateOf(own, objective);
  const share = ({ good, bad }: GoodBad) => ({ count: bad, of: good + bad });
  const failed =
    rate >= limits.burnRate &&
    own.bad >= minBad &&
    (!other || other.good + other.bad === 0 || clearlyAbove(share(own), share(other), 0));
  return { slo, own, rate, otherRate: other ? rateOf(other, objective) : null, failed };
}

function rateOf({ good, bad }: GoodBad, objective: number): number {
  if (bad === 0) return 0;
  return Math.min(highestBurn, bad / (good + bad) / (1 - objective));
}

function together(a: GoodBad, b: GoodBad): GoodBad {
  return { good: a.good + b.good, bad: a.bad + b.bad };
}

function syntheticOf(slo: string, side: SideRound, deliveries: Deliveries, lateAfter = Infinity): GoodBad {
  if (slo === 'ingest-availability') return split(side.attempts, ({ outcome }) => outcome === 'accepted');
  if (slo !== 'delivery' || !deliveries) return { good: 0, bad: 0 };
  return split(acceptedOf(side.attempts), ({ id }) => {
    const delivery = deliveries.get(id);
    return delivery?.status === 'published' && (delivery.seconds ?? Infinity) <= lateAfter;
  });
}

function split(attempts: readonly Attempt[], isGood: (attempt: Attempt) => boolean): GoodBad {
  const good = attempts.filter(isGood).length;
  return { good, bad: attempts.length - good };
}
