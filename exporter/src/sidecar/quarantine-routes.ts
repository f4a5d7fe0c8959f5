import {
  callerOf,
  onlyMethod,
  onlyParameters,
  ProblemError,
  readChoice,
  readInteger,
  readTime,
  type AdminGuards,
} from '@selfcheer/cheer-kit';
import { Router, type Request, type RequestHandler } from 'express';
import { quarantineReasons, type Actor, type QuarantineAction, type QuarantineFilter } from '../event';
import type { QuarantineView } from './admin-view';
import { auditJson, quarantinedDetailJson, quarantinedJson } from './quarantine-json';

export const largestPage = 200;
const newest = Number.MAX_SAFE_INTEGER;
const filters = ['reason', 'step', 'since'] as const;
const results = { replay: 'replayed', discard: 'discarded' } as const;

/**
 * | request | answer |
 * | --- | --- |
 * | GET /?reason=&step=&since=&before=NUMBER&limit=50 | the newest events in quarantine |
 * | GET /{number} | one event, with its payload |
 * | GET /audit?before=ID&limit=50 | who replayed and discarded what |
 * | POST /{number}/replay, POST /{number}/discard | `{number, result: "replayed" or "discarded"}`; role operator |
 * | POST /replay?reason=&step=&since=&after=0&through=, POST /discard?... | one step of that for all that fit: `{replayed or discarded, superseded, next_after, through}`; go on with both until next_after is null; role operator |
 *
 * Any other parameter is refused: 400 `bad_query`.
 */
export function quarantineRoutes(quarantine: QuarantineView, { reader, operator }: AdminGuards): Router {
  const router = Router();

  router.get('/', reader, onlyParameters('limit', 'before', ...filters), async (request, response) => {
    const page = { ...pageOf(request), ...filterOf(request) };
    // Before the list: who looks at both misses nothing that comes in between.
    const total = quarantine.count();
    const { items, nextBefore } = await quarantine.list(page);
    response.json({
      total,
      next_before: nextBefore,
      items: items.map(quarantinedJson),
    });
  });
  router.get('/audit', reader, onlyParameters('limit', 'before'), async (request, response) => {
    const page = pageOf(request);
    const entries = await quarantine.audit(page);
    response.json({
      next_before: entries.length === page.limit ? (entries.at(-1)?.id ?? null) : null,
      entries: entries.map(auditJson),
    });
  });
  const one = (action: QuarantineAction): RequestHandler => {
    return async (request, response) => {
      const number = numberOf(request);
      const result = await quarantine.act(action, number, actorOf(request));
      if (result === 'not_in_quarantine') throw missing(number);
      if (result === 'superseded') {
        const why = `A later revision of event ${number} was accepted, and this one would come after it. Discard it.`;
        throw new ProblemError(409, 'superseded', why);
      }
      response.json({ number, result: results[action] });
    };
  };
  const all = (action: QuarantineAction): RequestHandler => {
    return async (request, response) => {
      const after = readInteger(request, 'after', { fallback: 0, from: 0, to: newest });
      const through = readInteger(request, 'through', { fallback: newest, from: 0, to: newest });
      const step = await quarantine.actOnAll(
        action,
        { ...filterOf(request), after, ...(through !== newest && { through }) },
        actorOf(request),
      );
      response.json({
        [results[action]]: step.done,
        superseded: step.superseded,
        next_after: step.nextAfter,
        through: step.through,
      });
    };
  };
  for (const action of ['replay', 'discard'] as const) {
    router.post(`/${action}`, operator, onlyParameters('after', 'through', ...filters), all(action));
    router.post(`/:number/${action}`, operator, onlyParameters(), one(action));
    router.all([`/${action}`, `/:number/${action}`], onlyMethod('POST'));
  }
  router.get('/:number', reader, onlyParameters(), async (request, response) => {
    const number = numberOf(request);
    const item = await quarantine.get(number);
    if (!item) throw missing(number);
    response.json(quarantinedDetailJson(item));
  });
  router.all(['/', '/audit', '/:number'], onlyMethod('GET'));
  return router;
}

function pageOf(request: Request): { before: number; limit: number } {
  return {
    limit: readInteger(request, 'limit', { fallback: 50, from: 1, to: largestPage }),
    before: readInteger(request, 'before', { fallback: newest, from: 1, to: newest }),
  };
}

function filterOf(request: Request): QuarantineFilter {
  const reason = readChoice(request, 'reason', quarantineReasons);
  const since = readTime(request, 'since');
  const { step } = request.query;
  if (step !== undefined && (typeof step !== 'string' || step === '')) {
    throw new ProblemError(400, 'bad_query', 'step must be the name of one step.');
  }
  return {
    ...(reason !== undefined && { reason }),
    ...(step !== undefined && { step }),
    ...(since !== undefined && { since }),
  };
}

/** The key's name, and what it was used with as far as that says so. */
function actorOf(request: Request): Actor {
  const fromCli = request.get('User-Agent')?.startsWith('selfcheer-cli') === true;
  const fromPage = request.get('Sec-Fetch-Site') !== undefined;
  return { name: callerOf(request).name, via: fromCli ? 'cli' : fromPage ? 'page' : 'api' };
}

function missing(number: number): ProblemError {
  return new ProblemError(
    404,
    'not_in_quarantine',
    `There is no event ${number} in quarantine; it may be settled.`,
  );
}

function numberOf(request: Request): number {
  const text = String(request.params['number']);
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new ProblemError(404, 'not_in_quarantine', 'Events in quarantine are named by their number.');
  }
  return Number(text);
}
