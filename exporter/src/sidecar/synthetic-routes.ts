import { isoTime, onlyMethod, onlyParameters, ProblemError, type AdminGuards } from '@selfcheer/cheer-kit';
import { Router } from 'express';
import type { AdminView } from './admin-view';

/** `GET /{run}`: what became of the synthetic events of one run, for who checks a release. */
export function syntheticRoutes(
  synthetic: AdminView['synthetic'],
  { reader }: Pick<AdminGuards, 'reader'>,
): Router {
  const router = Router();
  router.get('/:run', reader, onlyParameters(), (request, response) => {
    const found = synthetic.get(String(request.params['run']));
    if (!found) {
      const why = 'Nothing of that run was seen since this process started, or it is forgotten.';
      throw new ProblemError(404, 'unknown_run', why);
    }
    const { run, events, untracked } = found;
    const counts = { accepted: 0, published: 0, quarantined: 0, dropped: 0 };
    let [first, last] = [Infinity, -Infinity];
    for (const { status, acceptedAt, settledAt = acceptedAt } of events) {
      counts.accepted += 1;
      if (status !== 'accepted') counts[status] += 1;
      first = Math.min(first, acceptedAt);
      last = Math.max(last, settledAt);
    }
    response.json({
      run,
      events: events.map(({ id, status, acceptedAt, settledAt }) => ({
        event_id: id,
        status,
        accepted_at: isoTime(acceptedAt),
        settled_at: settledAt === undefined ? null : isoTime(settledAt),
      })),
      ...counts,
      untracked,
      first_at: events.length === 0 ? null : isoTime(first),
      last_at: events.length === 0 ? null : isoTime(last),
    });
  });
  router.all('/:run', onlyMethod('GET'));
  return router;
}
