import { Router } from 'express';
import {
  breakersJson,
  cheerJson,
  eventJson,
  flagsJson,
  pipelineJson,
  resourcesJson,
  sloJson,
  summaryJson,
} from './api-json';
import { cheerWindowJson } from './cheer-window';
import { callerOf, type AdminGuards } from './guard';
import type { JsonSchema } from './openapi';
import { onlyMethod } from './problem';
import { onlyParameters, readDuration, readInteger } from './query';
import type { ServiceView } from './service-view';
import type { EventStream } from './stream';

/** `/api/v1`: api-paths.ts describes it, api-json.ts and stream.ts make the answers. Reading needs the role reader. */
export function apiRoutes(
  view: ServiceView,
  stream: EventStream,
  { reader }: AdminGuards,
  openapi: JsonSchema,
): Router {
  const router = Router();
  const plain: Readonly<Record<string, () => unknown>> = {
    '/slo': () => ({ slos: sloJson(view.slo()) }),
    '/pipeline': () => pipelineJson(view.pipeline()),
    '/resources': () => resourcesJson(view.resources()),
    '/breakers': () => ({ breakers: breakersJson(view.pipeline().breakers) }),
    '/flags': () => ({ flags: flagsJson(view.flags()) }),
    '/openapi.json': () => openapi,
  };
  for (const [path, body] of Object.entries(plain)) {
    router.get(path, reader, onlyParameters(), (_request, response) => {
      response.json(body());
    });
  }
  router.get('/summary', reader, onlyParameters(), (request, response) => {
    const { name, roles } = callerOf(request);
    response.json({ ...summaryJson(view, Date.now()), caller: { name, roles } });
  });
  router.get('/cheer', reader, onlyParameters('window'), (request, response) => {
    const seconds = readDuration(request, 'window');
    const window = seconds === undefined ? null : cheerWindowJson(view, seconds, Date.now());
    response.json({ ...cheerJson(view.verdict()), window });
  });
  router.get('/events', reader, onlyParameters('after'), (request, response) => {
    const after = readInteger(request, 'after', { fallback: 0, from: 0, to: Number.MAX_SAFE_INTEGER });
    response.json({
      latest_sequence: view.events(0).at(-1)?.sequence ?? 0,
      events: view.events(after).map(eventJson),
    });
  });
  router.get('/stream', reader, onlyParameters(), stream.handler);
  router.all([...Object.keys(plain), '/cheer', '/summary', '/events', '/stream'], onlyMethod('GET'));
  return router;
}
