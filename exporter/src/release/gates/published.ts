import type { Attempt, Deliveries, Evidence, Round } from '../evidence';
import { clearlyAbove } from '../proportions';
import type { Gate, Verdict } from '../verify-document';
import { acceptedOf, attemptsOf, unpublishedShare } from './sums';

/** Every acknowledged event is seen as published: the sink has acknowledged it. */
export function publishedGate({ rounds, target, baseline }: Evidence): Gate {
  const accepted = acceptedOf(attemptsOf(rounds, 'target'));
  const own = unpublishedShare(accepted, target.deliveries);
  const other = unpublishedShare(attemptsOf(rounds, 'baseline'), baseline?.deliveries);
  const gate = (verdict: Verdict, detail: string): Gate => ({
    ...{ name: 'published', verdict, detail },
    figures: {
      accepted: accepted.length,
      published: own ? own.of - own.count : null,
      ...(baseline && {
        baseline_accepted: other?.of ?? null,
        baseline_published: other ? other.of - other.count : null,
      }),
    },
  });
  if (!own) {
    return gate('inconclusive', 'It does not say what became of the events (/api/v1/synthetic/{run}).');
  }
  if (own.of === 0) return gate('inconclusive', 'No event was acknowledged, so none can be published.');
  const told = `${own.of - own.count} of ${own.of} acknowledged events published`;
  if (own.count === 0) return gate('pass', `${told}.`);
  const rest = `${told}; the others: ${restOf(accepted, target.deliveries)}`;
  const unknown = accepted.filter(({ id }) => target.deliveries?.has(id) !== true).length;
  if (unknown > 0 && !arrived(rounds)) {
    return gate(
      'inconclusive',
      `${rest}. They did not arrive at the service of --target: is --ingest the same process?`,
    );
  }
  // A sink that is away, or a step that no synthetic event passes, is the same for both.
  if (other && other.count > 0 && !clearlyAbove(own, other, 0)) {
    return gate(
      'inconclusive',
      `${rest}. The baseline does no better: ${other.of - other.count} of ${other.of}. Look at the sink.`,
    );
  }
  return gate('fail', `${rest}.`);
}

function restOf(accepted: readonly Attempt[], deliveries: Deliveries): string {
  const counts = new Map<string, number>();
  for (const { id } of accepted) {
    const status = deliveries?.get(id)?.status ?? 'unknown to it';
    if (status === 'published') continue;
    const word = status === 'accepted' ? 'not settled' : status;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}

/** By the target's own count it accepted as many events as were acknowledged here: it is the one they were sent to. */
function arrived(rounds: readonly Round[]): boolean {
  return rounds.every(({ target: { attempts, before, after } }) => {
    if (before?.accepted === undefined || after?.accepted === undefined) return false;
    return after.accepted - before.accepted >= acceptedOf(attempts).length;
  });
}
