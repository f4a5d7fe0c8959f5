import { methodNotAllowed, ProblemError, requireSameOriginJson } from '@selfcheer/cheer-kit';
import { Router, type RequestHandler } from 'express';
import { loadPageAssets, servePage } from './page-assets';
import type { Target } from './targets';
import { proxyTo, type TargetProxyOptions } from './targets-proxy';

/** The page about all services, that of each, and what they need. It passes on what it does not know. */
export function servePages(targets: readonly Target[]): RequestHandler {
  const assets = new Map(loadPageAssets());
  const [one, all] = ['/', '/assets/overview.html'].map((path) => assets.get(path));
  if (!one || !all) throw new Error('the page is not whole: index.html or overview.html is missing');
  assets.set('/', all);
  for (const { name } of targets) {
    // A colon may be written either way.
    for (const path of [name, encodeURIComponent(name)]) assets.set(`/targets/${path}/`, one);
  }
  const serve = servePage(assets);
  return (request, response, next) => {
    // The page finds its data by its own address, so that has to have its end.
    if (assets.has(`${request.path}/`)) response.redirect(308, `${request.path}/`);
    else serve(request, response, next);
  };
}

/** `/targets/{name}/…`: passed on to that target. */
export function passToTargets(targets: readonly Target[], options: TargetProxyOptions): RequestHandler {
  const byName = new Map(targets.map((target) => [target.name, proxyTo(target, options)]));
  const ownPageOnly = requireSameOriginJson();
  const router = Router();
  router.post('/targets/:name/*path', ownPageOnly);
  router.all('/targets/:name/*path', (request, response, next) => {
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) throw methodNotAllowed(request.method, 'GET');
    const proxy = byName.get(request.params.name);
    if (!proxy) throw new ProblemError(404, 'unknown_target', `No target is named ${request.params.name}.`);
    return proxy(request, response, next);
  });
  return router;
}
