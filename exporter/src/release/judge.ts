import type { Evidence, Round } from './evidence';
import { acceptedGate } from './gates/accepted';
import { budgetGate } from './gates/budget';
import { cheerGate } from './gates/cheer';
import { latencyGate } from './gates/latency';
import { limits } from './gates/limits';
import { publishedGate } from './gates/published';
import { readinessGate } from './gates/readiness';
import { longestDetail, type Gate } from './verify-document';

/** The gates of all that was seen, in the order of their names. */
export function judge(evidence: Evidence): Gate[] {
  const deliveries = {
    target: evidence.target.deliveries,
    baseline: evidence.baseline?.deliveries,
  };
  const gates = [
    readinessGate(evidence),
    acceptedGate(evidence),
    publishedGate(evidence),
    twice(evidence.rounds, 'cheer', cheerGate),
    twice(evidence.rounds, 'budget', (round) => budgetGate(round, deliveries)),
    twice(evidence.rounds, 'latency', latencyGate),
  ];
  // Names of SLOs and reasons are those of others.
  return gates.map((gate) => ({ ...gate, detail: gate.detail.slice(0, longestDetail) }));
}

/**
 * A moment in which the machine had other things to do must not cost a good release: what compares two services fails
 * only in two rounds. What passes in one has passed; a failure that was not seen again, or not looked at again, is
 * inconclusive unless the other round passed.
 */
function twice(rounds: readonly Round[], name: Gate['name'], gateOf: (round: Round) => Gate): Gate {
  const [first, second] = rounds.map(gateOf);
  if (!first) return { name, verdict: 'inconclusive', detail: 'Nothing was measured.', figures: {} };
  if (!second) {
    return first.verdict === 'fail'
      ? { ...first, verdict: 'inconclusive', detail: `${first.detail} Seen once, and not looked at again.` }
      : first;
  }
  if (first.verdict === 'pass') return first;
  if (second.verdict === 'pass') return { ...second, detail: `${second.detail} In a second round.` };
  if (first.verdict === 'fail' && second.verdict === 'fail') {
    return { ...second, detail: `${second.detail} In both rounds.` };
  }
  return second.verdict === 'fail' ? { ...second, verdict: 'inconclusive' } : second;
}

/**
 * Whether a second round can change the verdict: not when all passed, and not after what no repetition mends, which
 * is the state of the release itself, events that are lost, and many that are refused.
 */
export function wantsSecondRound(evidence: Evidence): boolean {
  const gates = judge(evidence);
  const of = (name: Gate['name']) => gates.find((gate) => gate.name === name);
  const bad = of('accepted')?.figures;
  const refused = (bad?.['sent'] ?? 0) - (bad?.['accepted'] ?? 0);
  const settled =
    of('readiness')?.verdict !== 'pass' ||
    of('published')?.verdict === 'fail' ||
    (of('accepted')?.verdict === 'fail' && refused >= limits.manyRefused);
  return !settled && gates.some(({ verdict }) => verdict !== 'pass');
}
