import { Router, type RequestHandler } from 'express';
import { ProfileError } from '../profile/errors';
import { longestProfileSeconds, Profiler, profileKinds, type ProfileKind } from '../profile/profiler';
import { mainThread } from '../profile/threads';
import type { AdminGuards } from './guard';
import { onlyMethod, ProblemError } from './problem';
import { onlyParameters, readInteger } from './query';

const usualSeconds = 10;

/**
 * | request | answer |
 * | --- | --- |
 * | POST /cpu?seconds=10&thread=main | where the time of the next seconds goes: a `.cpuprofile` |
 * | POST /heap?seconds=10&thread=main | what is allocated in them and stays: a `.heapprofile` |
 *
 * Role operator. 1 to 60 seconds; one at a time, 409 `profile_running` for another one. The profile ends with the
 * request: who goes away early gets none and stops it. A profile holds names of functions and files, never values.
 */
export function profileRoutes({ operator }: AdminGuards, service: string): Router {
  const profiler = new Profiler();
  const router = Router();
  const take = (kind: ProfileKind): RequestHandler => {
    return async (request, response) => {
      const seconds = readInteger(request, 'seconds', {
        fallback: usualSeconds,
        from: 1,
        to: longestProfileSeconds,
      });
      const { thread = mainThread } = request.query;
      if (typeof thread !== 'string') throw new ProblemError(400, 'bad_query', 'thread must be one name.');
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      try {
        const profile = await profiler.take({ kind, seconds, thread, signal: gone.signal });
        const name = `${service}-${thread}`.replace(/[^\w.-]/g, '_');
        response.attachment(`${name}.${kind}profile`).type('json').json(profile);
      } catch (error) {
        if (gone.signal.aborted) return;
        throw problemOf(error);
      }
    };
  };
  for (const kind of profileKinds) {
    router.post(`/${kind}`, operator, onlyParameters('seconds', 'thread'), take(kind));
  }
  router.all(
    profileKinds.map((kind) => `/${kind}`),
    onlyMethod('POST'),
  );
  return router;
}

function problemOf(error: unknown): unknown {
  if (!(error instanceof ProfileError)) return error;
  if (error.code === 'profile_running') return new ProblemError(409, error.code, error.message);
  if (error.code === 'unknown_thread') return new ProblemError(400, error.code, error.message);
  return error;
}
