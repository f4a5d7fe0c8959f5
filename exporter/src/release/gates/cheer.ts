import { batchesBetween, type BatchCounts, type Traffic } from '../counters';
import type { Round, SideRound } from '../evidence';
import { clearlyAbove, type Share } from '../proportions';
import type { Gate, Verdict } from '../verify-document';
import { limits } from './limits';
import { percent } from './sums';

/**
 * One round: its share of cheers is not clearly below the baseline's, of synthetic batches, and of real ones where both
 * had enough of them. By the difference of the counters on `/metrics` before and after.
 */
export function cheerGate(round: Round): Gate {
  const { target, baseline, prometheus } = round;
  const [own, other] = [countedOf(target, 'synthetic'), countedOf(baseline, 'synthetic')];
  const [ownReal, otherReal] = [countedOf(target, 'real'), countedOf(baseline, 'real')];
  const seen = prometheus && 'target' in prometheus ? prometheus : undefined;
  const gate = (verdict: Verdict, detail: string): Gate => ({
    ...{ name: 'cheer', verdict, detail },
    figures: {
      ...{ batches: own?.batches ?? null, cheers: own?.cheers ?? null, ratio: ratioOf(own) },
      ...{ real_batches: ownReal?.batches ?? null, real_ratio: ratioOf(ownReal) },
      ...(baseline && {
        ...{ baseline_batches: other?.batches ?? null, baseline_ratio: ratioOf(other) },
        ...{ baseline_real_batches: otherReal?.batches ?? null, baseline_real_ratio: ratioOf(otherReal) },
      }),
      ...(prometheus && {
        prometheus_ratio: seen?.target.cheerRatio ?? null,
        baseline_prometheus_ratio: seen?.baseline?.cheerRatio ?? null,
      }),
    },
  });
  if (!own) return gate('inconclusive', 'Its cheers and batches are not to be had (/metrics, role reader).');
  if (target.after?.disabled === true) {
    return gate('inconclusive', 'Its cheer is switched off (flag health-cheer).');
  }
  if (baseline && !other) {
    return gate('inconclusive', 'The cheers and batches of the baseline are not to be had (/metrics).');
  }
  if (own.batches === 0 && other && other.batches >= limits.leastBatches) {
    return gate('fail', `It counted no batch, the baseline ${other.batches} for as many events.`);
  }
  const told = `${own.cheers} cheers for ${own.batches} synthetic batches`;
  if (other && fallsBehind(own, other, limits.leastBatches)) {
    return gate('fail', `${told}; the baseline ${other.cheers} for ${other.batches}.`);
  }
  if (ownReal && otherReal && fallsBehind(ownReal, otherReal, limits.leastRealBatches)) {
    return gate(
      'fail',
      `${ownReal.cheers} cheers for ${ownReal.batches} real batches; the baseline ${otherReal.cheers} for ${otherReal.batches}.`,
    );
  }
  if (own.batches < limits.leastBatches || (other && other.batches < limits.leastBatches)) {
    return gate('inconclusive', `${told}: too few to judge, ${limits.leastBatches} are the least.`);
  }
  if (!other) {
    return (ratioOf(own) ?? 0) >= limits.cheerRatioAlone
      ? gate('pass', `${told}; no baseline, so at least ${percent(limits.cheerRatioAlone)} are wanted.`)
      : gate('inconclusive', `${told}, and no baseline to tell the machine from the release.`);
  }
  const beside = `${told}; the baseline ${other.cheers} for ${other.batches}`;
  return (ratioOf(other) ?? 0) >= limits.baselineCheerRatio
    ? gate('pass', `${beside}.`)
    : gate('inconclusive', `${beside}: the baseline itself does too badly to be compared with.`);
}

function countedOf(side: SideRound | undefined, traffic: Traffic): BatchCounts | undefined {
  return batchesBetween(side?.before, side?.after, traffic);
}

function fallsBehind(own: BatchCounts, other: BatchCounts, least: number): boolean {
  if (own.batches < least || other.batches < least) return false;
  return clearlyAbove(missesOf(own), missesOf(other), limits.margin);
}

/** A batch is a cheer or it is not: one that was neither is none. A scrape between the two counts may have one more. */
function missesOf({ batches, cheers }: BatchCounts): Share {
  return { count: Math.max(0, batches - cheers), of: batches };
}

function ratioOf(counted: BatchCounts | undefined): number | null {
  return counted && counted.batches > 0 ? Math.min(1, counted.cheers / counted.batches) : null;
}
