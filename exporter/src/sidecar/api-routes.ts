import { Router } from 'express';
import type { Authenticator } from '../auth/authenticator';
import type { AdminView } from './admin-view';
import { cheerJson, eventJson, pipelineJson, resourcesJson, sloJson, summaryJson } from './api-json';
import { callerOf, requireRole } from './guard';
import { onlyMethod } from './problem';
import { readInteger } from './query';
import { quarantineRoutes } from './quarantine-routes';
import type { EventStream } from './stream';

/** `/api/v1`: what api-json.ts and stream.ts describe. Reading needs the role reader. */
export function apiRoutes(view: AdminView, stream: EventStream, authenticator: Authenticator): Router {
  const router = Router();
  router.use('/quarantine', quarantineRoutes(view.quarantine, authenticator));
  const reader = requireRole(authenticator, 'reader');

  router.get('/summary', reader, (request, response) => {
    const { name, roles } = callerOf(request);
    response.json({ ...summaryJson(view, Date.now()), caller: { name, roles } });
  });
  router.get('/cheer', reader, (_request, response) => {
    response.json(cheerJson(view.verdict()));
  });
  router.get('/slo', reader, (_request, response) => {
    response.json({ slos: sloJson(view.slo()) });
  });
  router.get('/pipeline', reader, (_request, response) => {
    response.json(pipelineJson(view.pipeline()));
  });
  router.get('/resources', reader, (_request, response) => {
    response.json(resourcesJson(view.resources()));
  });
  router.get('/events', reader, (request, response) => {
    const after = readInteger(request, 'after', { fallback: 0, from: 0, to: Number.MAX_SAFE_INTEGER });
    response.json({
      latest_sequence: view.events(0).at(-1)?.sequence ?? 0,
      events: view.events(after).map(eventJson),
    });
  });
  router.get('/stream', reader, stream.handler);
  router.all(
    ['/summary', '/cheer', '/slo', '/pipeline', '/resources', '/events', '/stream'],
    onlyMethod('GET'),
  );
  return router;
}
