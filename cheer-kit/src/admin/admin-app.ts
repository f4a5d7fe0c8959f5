import express, { Router, type Express, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { createAuthenticator } from '../auth/api-keys';
import type { Authenticator } from '../auth/authenticator';
import type { Probe } from '../health';
import { kitApi } from './api-paths';
import { apiRoutes } from './api-routes';
import { allowOrigins } from './cors';
import { createGuards, isOpen, requireLoopbackHost, type AdminGuards } from './guard';
import { openApiDocument, type ApiDescription } from './openapi';
import { onlyMethod, ProblemError, problemHandler } from './problem';
import { profileApi } from './profile-openapi';
import { profileRoutes } from './profile-routes';
import { onlyParameters } from './query';
import type { ServiceView } from './service-view';
import { EventStream } from './stream';
import { streamLimits, type StreamLimits } from './stream-clients';

/** For `createAdminApp`. */
export interface AdminAppOptions {
  readonly view: ServiceView;
  /** Everyone may do everything when absent: only for a port that is bound to loopback. */
  readonly authenticator?: Authenticator;
  /** True when the port is bound to loopback; without keys the Host header must then be loopback too. */
  readonly loopback: boolean;
  /** A fault of ours, for the log. */
  readonly onError: (error: unknown, path: string) => void;
  /** Origins whose pages may read metrics, health and the API, as browsers send them; none when absent. */
  readonly cors?: readonly string[];
  /** Adds routes under /api/v1, in front of those of the kit. Each needs a guard of its own. */
  readonly extend?: (api: Router, guards: AdminGuards) => void;
  /** What `extend` and `page` add, for the OpenAPI document. */
  readonly openapi?: readonly ApiDescription[];
  /** Serves what is outside of the API, without credentials: the live page. It passes on what it does not know. */
  readonly page?: RequestHandler;
  readonly stream?: Partial<StreamLimits>;
}

/** See `createAdminApp`. */
export interface AdminApp {
  /** For `http.createServer`. */
  readonly app: Express;
  /** Ends the open streams, which would hold the server's shutdown. */
  close(): void;
}

/** A page gets its scripts, styles and data from here and nowhere else, and nothing may be inlined. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    // data: is the stale icon, which must be there when the service is not.
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    // No script of ours builds HTML from text; the browser holds us to it.
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
};

/**
 * The admin port: probes, metrics and the API, and what `page` and `extend` add. Roles are needed only when keys are
 * configured.
 *
 * | path | role |
 * | --- | --- |
 * | /healthz, /readyz | none: probes never need credentials |
 * | what `page` serves | none: it must hold no data |
 * | /metrics, /health, /api/v1/* | reader |
 * | POST /api/v1/profile/* | operator |
 *
 * @throws RangeError when `cors` names what is no origin.
 */
export function createAdminApp(options: AdminAppOptions): AdminApp {
  const { view, authenticator = createAuthenticator({ apiKeys: [] }), page } = options;
  const stream = new EventStream(view, { ...streamLimits, ...options.stream }, options.onError);
  const guards = createGuards(authenticator);
  const app = express();
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(
    helmet({ contentSecurityPolicy, strictTransportSecurity: false, xFrameOptions: { action: 'deny' } }),
  );
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  // Whatever a balancer adds to the address of a probe must not take the service out of rotation.
  app.get('/healthz', (_request, response) => sendProbe(response, view.liveness()));
  app.get('/readyz', async (_request, response) => sendProbe(response, await view.readiness()));

  if (options.loopback && isOpen(authenticator)) app.use(requireLoopbackHost());

  const { cors = [] } = options;
  if (cors.length > 0) app.use(['/metrics', '/health', '/api/v1'], allowOrigins(cors));
  if (page) app.use(page);
  app.get('/metrics', guards.reader, onlyParameters(), async (request, response) => {
    const { contentType, body } = await view.metrics(request.get('Accept') ?? '');
    // Not response.set(), which would add a charset of its own.
    response.setHeader('Content-Type', contentType);
    response.send(Buffer.from(body));
  });
  app.get('/health', guards.reader, onlyParameters(), async (_request, response) => {
    const { status, timestamp, checks } = await view.health();
    response.status(status === 'failed' ? 503 : 200).json({ status, timestamp, checks });
  });
  const api = Router();
  options.extend?.(api, guards);
  api.use('/profile', profileRoutes(guards, view.info.service));
  const openapi = openApiDocument(view.info, !isOpen(authenticator), [
    kitApi,
    profileApi,
    ...(options.openapi ?? []),
  ]);
  api.use(apiRoutes(view, stream, guards, openapi));
  app.use('/api/v1', api);
  app.all(['/healthz', '/readyz', '/metrics', '/health'], onlyMethod('GET'));
  app.use((request) => {
    throw new ProblemError(404, 'not_found', `There is nothing at ${request.path}.`);
  });
  app.use(problemHandler(options.onError));
  return { app, close: () => stream.close() };
}

function sendProbe(response: Response, { ok, detail }: Probe): void {
  response
    .status(ok ? 200 : 503)
    .json({ status: ok ? 'ok' : 'failed', ...(detail !== undefined && { detail }) });
}
