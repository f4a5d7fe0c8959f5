import { hash } from 'node:crypto';
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AddressError,
  createAuthenticator,
  createService,
  hostOf,
  isLoopbackHost,
  onlyMethod,
  onlyParameters,
  ProblemError,
  requireRole,
  requireSameOriginJson,
  systemClock,
  type CheckResult,
  type HttpMiddleware,
  type Logger,
  type Service,
} from '@selfcheer/cheer-kit';
import type { RequestHandler } from 'express';
import { messageOf, UsageError } from '../errors';
import { bareVersion } from '../release/verify-document';
import { version } from '../version';
import type { RecordedRelease } from './releases-file';
import { releaseEvent } from './releases-json';
import { releasesApi } from './releases-openapi';
import { releasesRoutes } from './releases-routes';
import { ReleaseStore } from './releases-store';
import { isLateOnly, type LiveService } from './releases-verdict';
import type { Target } from './targets';
import { targetsApi } from './targets-api';
import type { FlagChanged } from './targets-flags';
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
  /** Directory for recorded releases and recent events; only in memory when absent. */
  readonly dataDir?: string | undefined;
  /** Whoever has it may record releases; without one, only who reaches it on this machine. */
  readonly recordKey?: string | undefined;
  /** Is told of releases that are recorded and of flags that change in a target. */
  readonly journal?: SidecarJournal | undefined;
  readonly intervalMs?: number;
}

/** Where else is written what happens to the targets. Its methods return at once and never throw. */
export interface SidecarJournal {
  release(release: RecordedRelease): void;
  flag(change: FlagChanged): void;
  /** Waits for what is being written. Never rejects. */
  close(): Promise<void>;
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
 * | /api/v1/releases… | the releases that were recorded here |
 * | /healthz, /readyz, /metrics, /health, /api/v1/… | of the sidecar itself |
 *
 * @throws UsageError for an address or a directory that can't be used
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { targets, listen, logger, apiKey, insecure, dataDir, recordKey, journal, intervalMs } = options;
  const watches = targets.map(
    (target) =>
      new TargetWatch({
        ...{ target, apiKey, userAgent: `${name}/${version}`, clock: systemClock },
        ...(intervalMs !== undefined && { intervalMs }),
        onLink: (link, detail) => logger.info({ target: target.name, link, detail }, 'target'),
        ...(journal && { onFlag: (change: FlagChanged) => journal.flag(change) }),
      }),
  );
  const readings = (): TargetReading[] => watches.map((watch) => watch.reading());
  if (dataDir !== undefined) await makeDirectory(dataDir);
  const store = await ReleaseStore.open({
    ...(dataDir !== undefined && { file: join(dataDir, 'releases.json') }),
    onProblem: (error) => logger.warn({ err: error }, 'recorded releases could not be read'),
  });
  const tell = (): unknown => targetsJson(readings(), store.latest, Date.now());
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
      ...{ name, version, logger, handleSignals: false, stateDir: dataDir },
      checks: { targets: () => checkOf(readings()) },
      // Whether its targets answer says nothing about whether the sidecar can do its work.
      readiness: [],
      admin: {
        ...{ address: listen, insecure },
        page: (request, response, next) =>
          (/^\/targets\/[^/]+\/./.test(request.path) ? theirs : own)(request, response, next),
        extend(api, { reader, operator }) {
          api.get('/targets', reader, onlyParameters(), (_request, response) => void response.json(tell()));
          api.get('/targets/stream', reader, onlyParameters(), stream.handler);
          api.all(['/targets', '/targets/stream'], onlyMethod('GET'));
          const recorder =
            recordKey !== undefined ? holdersOf(recordKey) : loopback ? operator : [onlyReading];
          const releases = {
            store,
            running: (release: string) => runningOf(readings(), release),
            recorded(release: RecordedRelease): void {
              const { run, verdict, release: id } = release.document;
              logger.info({ release: id, run, verdict, actor: release.recordedBy }, 'release recorded');
              service.noteRelease(releaseEvent(release));
              journal?.release(release);
            },
          };
          api.use('/releases', releasesRoutes(releases, { reader, recorder }));
        },
        openapi: [targetsApi, releasesApi],
      },
    });
    measure = service.middleware();
    count = counted(service);
    service.onDrain(async function targets() {
      stream.close();
      await Promise.all(watches.map((watch) => watch.stop()));
      await journal?.close();
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

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const todo = 'Name one that this user may write.';
    throw new UsageError(`--data-dir ${path} can't be used: ${messageOf(error)}. ${todo}`, { cause: error });
  }
}

/** Whoever shows that key, as a tool or from the sidecar's own page. */
function holdersOf(key: string): RequestHandler[] {
  const digest = hash('sha256', key, 'hex');
  const keys = createAuthenticator({ apiKeys: [{ name: 'recorder', sha256: digest, roles: ['operator'] }] });
  return [requireSameOriginJson(), requireRole(keys, 'operator')];
}

const onlyReading: RequestHandler = () => {
  const why =
    'This sidecar can be reached from other machines, so it only reads. To record releases give it SELFCHEER_RECORD_KEY.';
  throw new ProblemError(403, 'read_only', why);
};

/** Targets of that version; of one that does not answer, how it was. */
function runningOf(readings: readonly TargetReading[], release: string): LiveService[] {
  return readings.flatMap(({ link, detail, last }) => {
    if (!last || bareVersion(last.summary.version) !== bareVersion(release)) return [];
    const { service, version: running, track, mode, cheer } = last.summary;
    const { state, score, idle, reasons } = cheer;
    const slos = last.summary.slos.map((slo) => ({ ...slo, budgetRemaining: slo.budget_remaining_ratio }));
    return {
      ...{ service, version: running, track, state, score, idle, draining: mode === 'draining' },
      late: isLateOnly(reasons, slos, reasonsBeside(readings, service, release)),
      ...(link !== 'live' && { away: detail ?? link }),
    };
  });
}

/** Of the other versions of that service that answer. */
function reasonsBeside(readings: readonly TargetReading[], service: string, release: string) {
  return readings.flatMap(({ link, last }) => {
    const other = link === 'live' ? last?.summary : undefined;
    if (other?.service !== service || bareVersion(other.version) === bareVersion(release)) return [];
    return other.cheer.reasons;
  });
}

function checkOf(readings: readonly TargetReading[]): CheckResult {
  const away = readings.filter(({ link }) => link !== 'live' && link !== 'connecting');
  const detail = `${readings.length - away.length} of ${readings.length} answer`;
  const [first] = away;
  if (!first) return { status: 'ok', detail };
  return { status: 'degraded', detail: `${detail}; ${first.target.name}: ${first.detail ?? first.link}` };
}
