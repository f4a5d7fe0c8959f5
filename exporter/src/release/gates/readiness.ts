import type { Evidence } from '../evidence';
import { bareVersion, type Gate } from '../verify-document';
import { attemptsOf } from './sums';

/** It became ready, is so at the end, is the version that is to be judged, and one process all the while. */
export function readinessGate(evidence: Evidence): Gate {
  const { target, release } = evidence;
  const { first, last, version } = target;
  const { ready, detail } = probed();
  const gate = (verdict: Gate['verdict'], text: string): Gate => ({
    ...{ name: 'readiness', verdict, detail: text },
    figures: { ready_before: ready[0], ready_after: ready[1] },
  });
  if (first.kind === 'unreachable') return gate('inconclusive', detail);
  // One that is not ready says 503: this is somebody else's port, or not a service at all.
  if (first.kind === 'not_ready' && first.status < 500) {
    return gate('inconclusive', `${detail} Is --target its admin address?`);
  }
  if (first.kind === 'not_ready' || last.kind !== 'ready') return gate('fail', detail);
  const starts = processStarts(evidence);
  if (starts.size > 1) {
    const restarted = Math.max(...starts) > evidence.startedAt;
    return restarted
      ? gate('fail', 'It ended and began anew while it was judged.')
      : gate(
          'inconclusive',
          'Several processes answer at --target: name the address of one of them, not of a balancer.',
        );
  }
  if (comparedWithItself(evidence)) {
    return gate(
      'inconclusive',
      'The events to the baseline arrived at the release: --baseline and --baseline-ingest must be another process.',
    );
  }
  if (version === undefined) {
    return gate('inconclusive', 'It is ready, but does not say its version (/api/v1/summary, role reader).');
  }
  if (bareVersion(version) !== bareVersion(release)) {
    return gate('inconclusive', `What answers at --target is version ${version}, not ${release}.`);
  }
  return gate('pass', `/readyz answers 200 before and after, version ${version}.`);

  function probed(): { readonly ready: readonly [number | null, number | null]; readonly detail: string } {
    const figures = [first, last].map(({ kind }) =>
      kind === 'unreachable' ? null : kind === 'ready' ? 1 : 0,
    );
    const when = first.kind === 'ready' ? 'after the events' : 'before the first event';
    const probe = first.kind === 'ready' ? last : first;
    const text =
      probe.kind === 'not_ready'
        ? `/readyz answers ${probe.status} ${when}.`
        : probe.kind === 'unreachable'
          ? `/readyz does not answer ${when}: ${probe.why}.`
          : '';
    return { ready: [figures[0] ?? null, figures[1] ?? null], detail: text };
  }
}

/** When the processes began that were scraped; more than one is more than one process. */
function processStarts({ rounds }: Evidence): Set<number> {
  const scrapes = rounds.flatMap(({ target }) => [target.before, target.after]);
  return new Set(scrapes.flatMap((scrape) => scrape?.processStart ?? []));
}

/** One process has several names: then everything is as good as the baseline. */
function comparedWithItself({ rounds, target }: Evidence): boolean {
  return attemptsOf(rounds, 'baseline').some(({ id }) => target.deliveries?.has(id) === true);
}
