import type { Probe } from '@selfcheer/cheer-kit';
import express, { type Express, type Response } from 'express';
import helmet from 'helmet';
import type { Authenticator } from '../auth/authenticator';
import type { AdminView } from './admin-view';
import { apiRoutes } from './api-routes';
import { isOpen, requireLoopbackHost, requireRole } from './guard';
import { loadPageAssets, servePage } from './page-assets';
import { onlyMethod, ProblemError, problemHandler } from './problem';
import { EventStream, streamLimits, type StreamLimits } from './stream';

export interface AdminAppOptions {
  readonly view: AdminView;
  readonly authenticator: Authenticator;
  /** True when the port is bound to loopback; without keys the Host header must then be loopback too. */
  readonly loopback: boolean;
  /** A fault of ours, for the log. */
  readonly onError: (error: unknown, path: string) => void;
  readonly stream?: Partial<StreamLimits>;
}

export interface AdminApp {
  /** For `http.createServer`. */
  readonly app: Express;
  /** Ends the open streams, which would hold the server's shutdown. */
  close(): void;
}

/** The page gets its scripts, styles and data from here and nowhere else, and nothing may be inlined. */
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
 * The admin port: probes, metrics, the live page and its API. Roles are needed only when keys are configured.
 *
 * | path | role |
 * | --- | --- |
 * | /healthz, /readyz | none: probes never need credentials |
 * | /, /assets/* | none: they hold no data |
 * | /metrics, /health, /api/v1/* | reader |
 * | POST /api/v1/quarantine/{number}/replay and discard | operator |
 */
export function createAdminApp(options: AdminAppOptions): AdminApp {
  const { view, authenticator } = options;
  const stream = new EventStream(view, { ...streamLimits, ...options.stream }, options.onError);
  const reader = requireRole(authenticator, 'reader');
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

  app.get('/healthz', (_request, response) => sendProbe(response, view.liveness()));
  app.get('/readyz', async (_request, response) => sendProbe(response, await view.readiness()));

  if (options.loopback && isOpen(authenticator)) app.use(requireLoopbackHost());

  app.use(servePage(loadPageAssets()));
  app.get('/metrics', reader, async (request, response) => {
    const { contentType, body } = await view.metrics(request.get('Accept') ?? '');
    // Not response.set(), which would add a charset of its own.
    response.setHeader('Content-Type', contentType);
    response.send(Buffer.from(body));
  });
  app.get('/health', reader, async (_request, response) => {
    const { status, timestamp, checks } = await view.health();
    response.status(status === 'failed' ? 503 : 200).json({ status, timestamp, checks });
  });
  app.use('/api/v1', apiRoutes(view, stream, authenticator));
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
