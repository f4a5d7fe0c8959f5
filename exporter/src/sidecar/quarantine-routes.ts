import { Router, type Request, type RequestHandler } from 'express';
import type { Authenticator } from '../auth/authenticator';
import type { QuarantineView } from './admin-view';
import { quarantinedDetailJson, quarantinedJson } from './api-json';
import { callerOf, requireRole, requireSameOriginJson } from './guard';
import { onlyMethod, ProblemError } from './problem';
import { readInteger } from './query';

const largestPage = 200;

/**
 * | request | answer |
 * | --- | --- |
 * | GET /?before=NUMBER&limit=50 | the newest events in quarantine |
 * | GET /{number} | one event, with its payload |
 * | POST /{number}/replay, POST /{number}/discard | `{number, result: "replayed" or "discarded"}`; role operator |
 */
export function quarantineRoutes(quarantine: QuarantineView, authenticator: Authenticator): Router {
  const reader = requireRole(authenticator, 'reader');
  const operator = [requireSameOriginJson(), requireRole(authenticator, 'operator')];
  const router = Router();

  router.get('/', reader, async (request, response) => {
    const limit = readInteger(request, 'limit', { fallback: 50, from: 1, to: largestPage });
    const newest = Number.MAX_SAFE_INTEGER;
    const before = readInteger(request, 'before', { fallback: newest, from: 1, to: newest });
    const items = await quarantine.list({ before, limit });
    response.json({
      total: quarantine.count(),
      next_before: items.length === limit ? (items.at(-1)?.number ?? null) : null,
      items: items.map(quarantinedJson),
    });
  });
  router.get('/:number', reader, async (request, response) => {
    const number = numberOf(request);
    const item = await quarantine.get(number);
    if (!item) throw missing(number);
    response.json(quarantinedDetailJson(item));
  });
  const act = (result: string, run: (number: number, actor: string) => Promise<boolean>): RequestHandler => {
    return async (request, response) => {
      const number = numberOf(request);
      if (!(await run(number, callerOf(request).name))) throw missing(number);
      response.json({ number, result });
    };
  };
  router.post(
    '/:number/replay',
    operator,
    act('replayed', (number, actor) => quarantine.replay(number, actor)),
  );
  router.post(
    '/:number/discard',
    operator,
    act('discarded', (number, actor) => quarantine.discard(number, actor)),
  );

  router.all(['/', '/:number'], onlyMethod('GET'));
  router.all(['/:number/replay', '/:number/discard'], onlyMethod('POST'));
  return router;
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
