import {
  AddressError,
  createService,
  hostOf,
  isLoopbackHost,
  onlyMethod,
  onlyParameters,
  systemClock,
  type CheckResult,
  type HttpMiddleware,
  type Logger,
  type Service,
} from '@selfcheer/cheer-kit';
import type { RequestHandler } from 'express';
import { messageOf, UsageError } from '../errors';
import { version } from '../version';
import type { Target } from './targets';
import { targetsApi } from './targets-api';
import { targetsJson } from './targets-json';
import { passToTargets, servePages } from './targets-routes';
import { TargetsStream } from './targets-stream';
import { TargetWatch, type TargetReading } from './targets-watch';

export interface SidecarOptions {
  readonly targets: readonly Target[];
  /** `host:port`; port 0 picks a free one. */
  readonly listen: string;
  /** For looking at the targets; with the role reader. */
  readonly apiKey: string | undefined;
  /** Allows an address beyond this machine: then it only reads. */
  readonly insecure: boolean;
  readonly logger: Logger;
  readonly intervalMs?: number;
}

export interface Sidecar {
  /** `host:port` */
  readonly admin: string;
  /** Never rejects. */
  drain(reason: string): Promise<void>;
}

const name = 'selfcheer-sidecar';

/**
 * The live page for several services, as a process of its own beside them. It is a service like any other: on its one
 * port it has its own probes, metrics, health and API too.
 *
 * | path | |
 * | --- | --- |
 * | / | all services |
 * | /targets/{name}/ | the page of one |
 * | /targets/{name}/api/v1/…, …/health, …/metrics | what that one answers |
 * | /api/v1/targets, /api/v1/targets/stream | what is known of each |
 * | /healthz, /readyz, /metrics, /health, /api/v1/… | of the sidecar itself |
 *
 * @throws UsageError for an address that can't be used
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { targets, listen, logger, apiKey, insecure, intervalMs } = options;
  const watches = targets.map(
    (target) =>
      new TargetWatch({
        ...{ target, apiKey, userAgent: `${name}/${version}`, clock: systemClock },
        ...(intervalMs !== undefined && { intervalMs }),
        onLink: (link, detail) => logger.info({ target: target.name, link, detail }, 'target'),
      }),
  );
  const readings = (): TargetReading[] => watches.map((watch) => watch.reading());
  const tell = (): unknown => targetsJson(readings(), Date.now());
  const stream = new TargetsStream(tell, intervalMs);
  const loopback = isLoopbackHost(hostOf(listen));

  const pages = servePages(targets);
  const passOn = passToTargets(targets, { mayChange: loopback, name: `${name}/${version}` });
  let measure: HttpMiddleware = (_request, _response, next) => next();
  let count: RequestHandler = (_request, _response, next) => next();
  const own: RequestHandler = (request, response, next) =>
    measure(request, response, (error) => (error ? next(error) : pages(request, response, next)));
  const theirs: RequestHandler = (request, response, next) =>
    count(request, response, () => passOn(request, response, next));

  try {
    const service = createService({
      ...{ name, version, logger, handleSignals: false },
      checks: { targets: () => checkOf(readings()) },
      // Whether its targets answer says nothing about whether the sidecar can do its work.
      readiness: [],
      admin: {
        ...{ address: listen, insecure },
        page: (request, response, next) =>
          (/^\/targets\/[^/]+\/./.test(request.path) ? theirs : own)(request, response, next),
        extend(api, { reader }) {
          api.get('/targets', reader, onlyParameters(), (_request, response) => void response.json(tell()));
          api.get('/targets/stream', reader, onlyParameters(), stream.handler);
          api.all(['/targets', '/targets/stream'], onlyMethod('GET'));
        },
        openapi: [targetsApi],
      },
    });
    measure = service.middleware();
    count = counted(service);
    service.onDrain(async function targets() {
      stream.close();
      await Promise.all(watches.map((watch) => watch.stop()));
    });
    const { admin } = await service.start();
    for (const watch of watches) watch.start();
    return { admin, drain: (reason) => service.drain(reason) };
  } catch (error) {
    const usage = error instanceof RangeError || error instanceof AddressError;
    throw usage ? new UsageError(`--listen: ${messageOf(error)}`, { cause: error }) : error;
  }
}

/** Counts what is passed on, and no more: how a target answers is its own cheer or miss and not that of the sidecar. */
function counted({ metrics }: Service): RequestHandler {
  return ({ method }, response, next) => {
    const startedAt = performance.now();
    response.on('close', () =>
      metrics.service.httpRequest({
        ...{ method, route: '/targets/:name/*path' },
        // As nginx has it: the caller did not wait for the end.
        statusCode: response.writableFinished ? response.statusCode : 499,
        seconds: (performance.now() - startedAt) / 1000,
      }),
    );
    next();
  };
}

function checkOf(readings: readonly TargetReading[]): CheckResult {
  const away = readings.filter(({ link }) => link !== 'live' && link !== 'connecting');
  const detail = `${readings.length - away.length} of ${readings.length} answer`;
  const [first] = away;
  if (!first) return { status: 'ok', detail };
  return { status: 'degraded', detail: `${detail}; ${first.target.name}: ${first.detail ?? first.link}` };
}
