import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status as grpcStatus } from '@grpc/grpc-js';
import {
  countFlags,
  createLogger,
  followCheerFlags,
  Health,
  hostOf,
  isLoopbackHost,
  RecentEvents,
  recordFlags,
  recordHistory,
  samplingRatio,
  startTracing,
  withCorrelation,
  stopServer,
  type Logger,
} from '@selfcheer/cheer-kit';
import pino from 'pino';
import { createAdminView } from './admin-view';
import { openAuthentication } from './auth/authentication';
import { checkBindPolicy, isOpenToAll } from './auth/bind-policy';
import { Heartbeat } from './cheer/heartbeat';
import { Signals } from './cheer/signals';
import { SyntheticRuns } from './cheer/synthetic-runs';
import { createTelemetry } from './cheer/telemetry';
import type { Config } from './config/schema';
import { openFlags } from './flags';
import { createHealthChecks } from './health-checks';
import { ByteBudget } from './ingest/byte-budget';
import { createFrontApp } from './ingest/front-app';
import { createGrpcServer } from './ingest/grpc-server';
import { HttpIngest } from './ingest/http-handler';
import { IngestSpans } from './ingest/ingest-spans';
import { createHttpServer } from './ingest/http-server';
import { Intake, refusal } from './ingest/intake';
import { OverloadGuard } from './ingest/overload/guard';
import { listen } from './listen';
import { DiskWatch } from './outbox/disk-watch';
import { Pipeline } from './pipeline';
import { relayObserver } from './relay-observer';
import { startRelayThread, type StartRelay } from './relay-link';
import { advertisedAddress, createRegistration } from './registration';
import { logRequest } from './request-log';
import { createExporterAdmin } from './sidecar/admin-app';
import { ReleaseStore } from './sidecar/releases-store';
import { version } from './version';
import { warmUp } from './warm-up';

export interface AppOptions {
  /** File that the configuration came from; names in it count from its directory. */
  readonly configFile?: string | undefined;
  /** How the relay runs; in a worker thread unless a test says otherwise. */
  readonly startRelay?: StartRelay;
  /** Standard error when absent: standard output carries the start line only. */
  readonly logger?: Logger;
}

export interface App {
  /** Where it listens, as `host:port`. */
  readonly addresses: { readonly http: string; readonly grpc: string; readonly admin: string };
  readonly sink: 'kafka' | 'log';
  /** Stops in order within `drainSeconds`, if that leaves a second for the store. What is unsent stays in the outbox. */
  drain(reason: string): Promise<void>;
}

const sampleMs = 250;
/** Of the time to drain: whatever the connections do, the rest is for what is being sent and for closing the store. */
const connectionsShare = 0.6;
/** An agent of Consul that hangs may hold the drain up for so long. */
const deregisterShare = 0.2;
/** For spans that are left, beside closing the store: a collector that hangs gets no more, and what is left at least. */
const lastSpansMs = { most: 2_000, least: 200 };

/**
 * The exporter, in the order in which data flows: ingest -> outbox -> enrich -> publish -> cheer.
 * Rejects with a UsageError or StoreError when it can't run; then nothing is left open.
 */
export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  checkBindPolicy(config);
  if (config.consul.register) advertisedAddress(config, config.http);
  const logger =
    options.logger ??
    createLogger({
      service: config.service,
      level: config.logLevel,
      destination: pino.destination({ fd: 2, sync: false }),
    });
  const startedAt = Date.now();
  const { service, track } = config;
  const authentication = await openAuthentication(config.auth, (error) =>
    logger.warn({ err: error }, 'the keys that tokens are checked with could not be read'),
  );
  const { authenticator } = authentication;
  const flags = await openFlags(config, logger).catch((error: unknown) => {
    authentication.close();
    throw error;
  });
  const tracing = await startTracing({ service, version, track, logger, ratio: samplingRatio(flags) });
  const spans = tracing.enabled ? new IngestSpans(tracing.tracer) : undefined;

  // What measures and judges; every stage below tells it what happens.
  const telemetry = createTelemetry(config, version);
  const { engine } = telemetry;
  const signals = new Signals(telemetry, config);
  const defaults = {
    source: config.ingest.source ?? `/selfcheer/${config.service}`,
    type: config.ingest.type,
  };
  // It beats from the end of the start on, but a beat of an earlier run may be settled before.
  const heartbeat = new Heartbeat({
    append: (events) => pipeline.enqueue(events),
    defaults,
    intervalSeconds: config.cheer.heartbeatSeconds,
    now: () => performance.now(),
    lastRealAt: () => signals.lastRealAt,
  });

  // Of who checks a release by synthetic events, and asks for each of them.
  const synthetic = new SyntheticRuns({ now: () => Date.now() });

  // Outbox, and behind it in the relay's thread: enrich -> publish.
  const pipeline = await Pipeline.open({
    config,
    configFile: options.configFile,
    startRelay: options.startRelay ?? startRelayThread,
    observer: relayObserver({
      signals,
      engine,
      telemetry,
      logger,
      heartbeatSettled: () => heartbeat.settled(),
      synthetic,
    }),
    logger,
  }).catch(async (error: unknown) => {
    telemetry.resources.stop();
    authentication.close();
    await flags.close();
    await tracing.shutdown(0);
    throw error;
  });
  const recent = await RecentEvents.open({
    file: join(config.dataDir, 'recent-events.json'),
    onProblem: (error) => logger.warn({ err: error }, 'recent cheer events could not be kept'),
  });
  const releases = await ReleaseStore.open({
    file: join(config.dataDir, 'releases.json'),
    onProblem: (error) => logger.warn({ err: error }, 'recorded releases could not be read'),
  });
  recordHistory(engine, recent);
  // In this order: the flag's own event stands before what it does to the cheer.
  recordFlags(flags, recent);
  followCheerFlags(flags, engine);
  countFlags(flags, telemetry.resilience);
  const disk = new DiskWatch(config.dataDir, {
    ballastBytes: config.outbox.ballastBytes,
    taken: () => pipeline.taken,
    short: () => pipeline.reclaim(),
    failed: (error, what) => logger.warn({ err: error }, what),
    note: (what) => logger.info({ freeBytes: disk.freeBytes }, what),
    now: () => performance.now(),
  });
  await disk.begin();

  // Ingest: two transports over one intake.
  let leaving = false;
  let draining = false;
  const gate = (): ReturnType<Intake['gate']> => {
    if (draining)
      return refusal(
        'draining',
        'The service is shutting down: send again, it goes to another or the next one',
      );
    if (disk.level === 'full') return refusal('store_full', 'The disk that holds the store is nearly full');
    return undefined;
  };
  const overload = new OverloadGuard({
    ...config.ingest.overload,
    tenants: config.tenants,
    standingMs: () => pipeline.standingMs(),
    clock: () => performance.now(),
    processorMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    random: Math.random,
  });
  const intake = new Intake({
    acceptor: pipeline,
    unwritten: () => pipeline.unwritten,
    defaults,
    limits: config.ingest.limits,
    mintIds: config.ingest.mintIds,
    cheer: () => engine.verdict(),
    gate,
    admission: overload.admission,
    memory: new ByteBudget(config.ingest.limits.bufferedBytes),
    observer: {
      ingested(transport, result, count, traffic) {
        signals.ingested(transport, result, count, traffic);
        if (result === 'accepted' || result === 'updated' || result === 'duplicate')
          overload.acknowledged(count);
      },
      latency: (...what) => signals.latency(...what),
      shed(reason, count, code) {
        signals.shed(reason, count);
        if (code === 'overloaded' || code === 'buffer_full') overload.turnedAway(count);
      },
      failure(error, correlationId) {
        const log = correlationId === undefined ? logger : withCorrelation(logger, correlationId);
        log.error({ err: error }, 'ingest failed where it never should');
      },
    },
    spans: spans !== undefined,
    now: () => Date.now(),
    clock: () => performance.now(),
  });
  const httpIngest = new HttpIngest({
    intake,
    authenticator,
    limits: config.ingest.limits,
    cors: config.ingest.cors,
    loopbackOnly: isOpenToAll(config.auth) && isLoopbackHost(hostOf(config.http)),
    fallback: createFrontApp({ service: config.service, version }),
    answered(method, statusCode, seconds, traceId, correlationId) {
      telemetry.service.httpRequest({
        ...{ method, route: '/v1/events', statusCode, seconds },
        ...(traceId !== undefined && { traceId }),
      });
      logRequest(logger, correlationId, method, statusCode, seconds);
    },
    spans,
  });
  const http = createHttpServer(httpIngest, config.ingest.limits);
  const grpc = createGrpcServer({
    intake,
    authenticator,
    cheer: {
      current: () => engine.verdict(),
      subscribe: (listener) => engine.subscribe((event) => event.type === 'state' && listener(event.verdict)),
    },
    limits: config.ingest.limits,
    address: config.grpc,
    reflection: config.grpcReflection ?? isLoopbackHost(hostOf(config.grpc)),
    observer: {
      grpcHandled(method, code, seconds, traceId, correlationId) {
        telemetry.service.grpcCall({
          ...{ method, code: grpcStatus[code], seconds },
          ...(traceId !== undefined && { traceId }),
        });
        logRequest(logger, correlationId, method, code, seconds);
      },
    },
    spans,
  });

  // Cheer: the verdict once a second, the admin port.
  const health = new Health({
    checks: createHealthChecks({ config, pipeline, disk, engine, telemetry, signals, flags }),
    readiness: ['store', 'disk'],
  });
  const view = createAdminView({
    config,
    telemetry,
    signals,
    pipeline,
    recent,
    health,
    disk,
    flags,
    synthetic,
    releases,
    logger,
    startedAt,
  });
  const admin = createExporterAdmin({
    view,
    authenticator,
    loopback: isLoopbackHost(hostOf(config.admin)),
    cors: config.adminCors,
    onError: (error, path) => logger.error({ err: error, path }, 'the admin port failed'),
  });
  const adminServer: Server = createServer(admin.app);

  const sample = (): void => {
    const figures = pipeline.figures();
    signals.sample(figures, heartbeat.outstandingSeconds());
    telemetry.resilience.setStorage('data', { free: disk.freeBytes, size: disk.sizeBytes });
    const diskFull = disk.level === 'full';
    const shed = overload.report();
    engine.setDegraded(disk.level === 'low' ? 'the disk that holds the store is getting full' : shed?.detail);
    if (diskFull) engine.setRefusing('the disk that holds the store is nearly full');
    else if (figures.full) engine.setRefusing('the outbox is full');
    else engine.setRefusing(pipeline.refusing ?? (shed?.refusing ? shed.detail : undefined));
    grpc.setReady(!leaving && !figures.fencedBy && !figures.full && !diskFull);
  };
  const timer = setInterval(sample, sampleMs);

  const stopAll = async (withinMs: number): Promise<void> => {
    heartbeat.stop();
    overload.stop();
    intake.pacer.stop();
    disk.stop();
    const deadline = performance.now() + withinMs;
    const left = (): number => Math.max(0, deadline - performance.now());
    const lastSpans = (): Promise<void> =>
      tracing.shutdown(Math.max(lastSpansMs.least, Math.min(lastSpansMs.most, left())));
    // With `ack: broker`, who waits for the sink is answered while the connection is still there.
    const connectionsMs = connectionsShare * withinMs;
    const lastAnswers = setTimeout(() => pipeline.giveUpWaiting(), 0.8 * connectionsMs);
    try {
      await Promise.all([stopServer(http, connectionsMs), grpc.drain(connectionsMs)]);
      void lastSpans();
      await pipeline.close(left());
    } finally {
      clearTimeout(lastAnswers);
      clearInterval(timer); // until then: what becomes late is judged here, and not by the next process
      admin.close();
      await stopServer(adminServer, 0);
      authentication.close();
      engine.stop();
      telemetry.resources.stop();
      await flags.close();
      await recent.close();
      await lastSpans();
    }
  };

  await warmUp(config);
  let addresses: App['addresses'];
  try {
    addresses = {
      admin: await listen(adminServer, config.admin, 'admin'),
      http: await listen(http, config.http, 'http'),
      grpc: `${hostOf(config.grpc)}:${await grpc.listen()}`,
    };
  } catch (error) {
    await stopAll(0);
    throw error;
  }
  sample();
  engine.start();
  heartbeat.start();
  overload.start();
  disk.start();
  const registration = createRegistration(config, addresses, logger);
  registration?.start();

  let drained: Promise<void> | undefined;
  const drain = async (reason: string): Promise<void> => {
    logger.info({ reason }, 'draining');
    leaving = true;
    health.drain(`draining: ${reason}`);
    engine.setDraining(`draining: ${reason}`);
    grpc.setReady(false);
    const deregisterMs = Math.min(2_000, deregisterShare * config.drainSeconds * 1000);
    await Promise.all([registration?.deregister(deregisterMs), sleep(config.readinessLagSeconds * 1000)]);
    draining = true;
    await stopAll(config.drainSeconds * 1000);
    logger.info('drained');
  };
  return { addresses, sink: telemetry.downstream, drain: (reason) => (drained ??= drain(reason)) };
}
