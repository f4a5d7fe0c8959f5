import type { RequestListener } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { trace, type Tracer } from '@opentelemetry/api';
import { createServiceView } from '../admin/create-service-view';
import type { ServiceView } from '../admin/service-view';
import { CheerEngine } from '../cheer-engine';
import { recordHistory } from '../cheer-history';
import {
  cheerFlags,
  countFlags,
  followCheerFlags,
  recordFlags,
  samplingRatio,
  type CheerFlagDefinitions,
} from '../flags/cheer-flags';
import { flagsCheck, FlagSet, type Flags } from '../flags/flags';
import { createGrpcInterceptor } from '../grpc/interceptor';
import { Health, type HealthCheck } from '../health';
import { createErrorHandler, type HttpErrorHandler } from '../http/error-handler';
import { createHttpMiddleware, type HttpMiddleware } from '../http/middleware';
import type { WebServer } from '../http/server';
import { createKafkaConsumer, type KafkaConsumer, type KafkaConsumerOptions } from '../kafka/consumer';
import { latencyBuckets } from '../latency-window';
import { createLogger, type Logger } from '../logger';
import { createCallMetrics } from '../metrics/call-metrics';
import { createCheerMetrics } from '../metrics/cheer-metrics';
import { createMessageMetrics, type MessageMetrics } from '../metrics/message-metrics';
import { createRegistry, type MetricsRegistry } from '../metrics/registry';
import { createResilienceMetrics, type ResilienceMetrics } from '../metrics/resilience-metrics';
import { createResourceMetrics, type ResourceMetrics } from '../metrics/resource-metrics';
import { createServiceMetrics, type ServiceMetrics } from '../metrics/service-metrics';
import { createSloMetrics } from '../metrics/slo-metrics';
import { RecentEvents } from '../recent-events';
import type { Downstream, DownstreamOptions } from '../resilience/downstream';
import { startTracing, type Tracing } from '../tracing/tracing';
import { asHealthChecks, downstreamChecks, processChecks } from './built-in-checks';
import { Downstreams } from './downstreams';
import { Lifecycle, type HttpAddresses, type ServiceAddresses } from './lifecycle';
import { readSettings, type ServiceOptions } from './options';
import type { Release, Releases } from './releases';
import { WorkRecorder } from '../work/work-recorder';

/** What a service of yours gets from the kit. Everything may be used at once; `start` or `listen` open it to the outside. */
export interface Service {
  readonly name: string;
  readonly version: string;
  /**
   * JSON on standard output. Inside a request each line carries its trace id, or its request id, as `correlation_id`;
   * secrets are redacted.
   */
  readonly logger: Logger;
  /** Spans of your own; see `startTracing` for when they are exported. */
  readonly tracer: Tracer;
  /** For metrics of your own: `counter(service.registry, …)`, or those of prom-client. */
  readonly registry: MetricsRegistry;
  readonly metrics: {
    readonly service: ServiceMetrics;
    readonly resilience: ResilienceMetrics<never>;
    readonly resources: ResourceMetrics;
  };
  readonly health: Health;
  /** The cheer: judges the service once a second. For SLOs of your own, `engine.recordSlo`. */
  readonly engine: CheerEngine;
  /** By OpenFeature; defaults until `start`. */
  readonly flags: Flags<CheerFlagDefinitions>;
  /** Put it first: `app.use(service.middleware())`. */
  middleware(): HttpMiddleware;
  /** Put it last: `app.use(service.errorHandler())`. */
  errorHandler(): HttpErrorHandler;
  /** `new grpc.Server({ interceptors: [service.grpcInterceptor()] })` */
  grpcInterceptor(): ServerInterceptor;
  /** Wraps the handlers of a Kafka consumer. */
  kafkaConsumer(options?: KafkaConsumerOptions): KafkaConsumer;
  /**
   * Something called over the network, behind retry, bulkhead, breaker and timeout. Once for each name.
   *
   * @throws RangeError for a name that is not in `options.downstreams`
   */
  downstream(name: string, options?: Omit<DownstreamOptions, 'name'>): Downstream;
  /**
   * Called while draining, once requests are over, the latest first; what it returns is waited for within
   * `drainSeconds`. Where there is one, requests get six tenths of that time, else all of it.
   */
  onDrain(release: Release): void;
  /**
   * Tells of a release: a cheer event of kind `release`, in `/api/v1/events` and the stream. Nothing before `start` or
   * `listen`.
   */
  noteRelease(event: { readonly title: string; readonly detail: string }): void;
  /**
   * For a service without an HTTP server of its own: opens the admin port, prints the line `ready` with these addresses,
   * and drains on SIGTERM. Rejects when it can't, with nothing left open.
   */
  start(addresses?: Readonly<Record<string, string>>): Promise<ServiceAddresses>;
  /** The same, and serves an express app, or any other request listener or server, on `host:port`: its address is `http`. */
  listen(app: RequestListener | WebServer, address: string): Promise<HttpAddresses>;
  /**
   * Readiness is refused at once; after `readinessLagSeconds` it takes no more, lets what runs end within `drainSeconds`,
   * and closes. Never rejects. After SIGTERM and SIGINT the kit does that, and ends the process with 0.
   */
  drain(reason: string): Promise<void>;
  /**
   * Aborted when the drain begins, before the readiness lag: then say goodbye on event streams and WebSockets, which
   * would else last until they are cut.
   */
  readonly draining: AbortSignal;
}

const sampleMs = 1_000;
const spansMs = 2_000;

/**
 * A service with logs, traces, metrics, health, SLOs and a cheer:
 *
 * ```ts
 * const service = createService({ name: 'shop', version: '1.0.0' });
 * app.use(service.middleware());
 * await service.listen(app, '127.0.0.1:8080');
 * ```
 *
 * @throws RangeError that names the option, or the environment variable, that makes no sense
 */
export function createService(options: ServiceOptions): Service {
  const { name, version, queues = {}, downstreams = [] } = options;
  const settings = readSettings(options, process.env);
  const { track, slos, limits } = settings;
  const logger = options.logger ?? createLogger({ service: name, level: settings.logLevel });
  const startedAt = Date.now();

  // What measures and judges.
  const latencyTargets = [
    limits.latencyTargetSeconds,
    slos.targetSeconds,
    ...slos.definitions.flatMap(({ targetSeconds }) => targetSeconds ?? []),
  ];
  const engine = new CheerEngine({
    slos: slos.definitions,
    queues: Object.keys(queues),
    downstreams,
    limits,
    holdSeconds: settings.holdSeconds,
    buckets: latencyBuckets(latencyTargets),
  });
  const registry = createRegistry();
  createSloMetrics(registry, engine);
  createCheerMetrics(registry, engine, { latencyTargets });
  const metrics = {
    service: createServiceMetrics(registry, { latencyTargets }),
    resilience: createResilienceMetrics(registry, engine, {
      queues: Object.keys(queues),
      quarantineReasons: [],
      version,
      track,
    }),
    resources: createResourceMetrics(registry),
  };
  let messages: MessageMetrics | undefined;
  let ring: RecentEvents | undefined;

  // What is asked from outside.
  const definitions = cheerFlags({ budgetFloorRatio: limits.budgetFloorRatio });
  const flags = new FlagSet({
    definitions,
    logger,
    context: { targetingKey: hostname(), service: name, version, track },
  });
  const own = options.checks ?? {};
  const flagsHealth: Record<string, HealthCheck> =
    settings.flagsFile === undefined ? {} : { flags: () => flagsCheck(flags) };
  const health = new Health({
    checks: {
      ...processChecks(metrics.resources),
      ...downstreamChecks(engine, downstreams),
      ...flagsHealth,
      ...asHealthChecks(own),
    },
    readiness: options.readiness ?? Object.keys(own),
  });

  // Spans are made only while they go somewhere.
  const tracer = trace.getTracer(name, version);
  let traces: Tracing | undefined;
  const tracing = (): boolean => traces?.enabled ?? false;
  const called = new Downstreams({
    names: downstreams,
    engine,
    calls: createCallMetrics(registry, downstreams),
    retried: (count) => metrics.resilience.retried(count),
    tracing,
  });

  const ratio = samplingRatio(flags);

  const sample = (): void => {
    for (const [queue, read] of Object.entries(queues)) {
      try {
        engine.setQueue(queue, read());
      } catch (error) {
        logger.warn({ err: error, queue }, 'a queue could not be read');
      }
    }
  };

  /** What must be there before the first request; closed in reverse order. */
  const open = async (releases: Releases): Promise<ServiceView> => {
    releases.add('resources', () => metrics.resources.stop());
    traces = await startTracing({
      service: name,
      version,
      track,
      ratio,
      logger,
    });
    releases.add('tracing', () => traces?.shutdown(spansMs));
    if (settings.flagsFile !== undefined) await flags.follow(settings.flagsFile);
    releases.add('flags', () => flags.close());
    const { stateDir } = settings;
    const recent = await RecentEvents.open({
      ...(stateDir !== undefined && { file: join(stateDir, 'recent-events.json') }),
      onProblem: (error) => logger.warn({ err: error }, 'recent cheer events could not be kept'),
    });
    releases.add('recent events', () => recent.close());
    ring = recent;
    recordHistory(engine, recent);
    // Only now: what the flags begin with is no event.
    recordFlags(flags, recent);
    countFlags(flags, metrics.resilience);
    followCheerFlags(flags, engine);
    sample();
    const timer = setInterval(sample, sampleMs).unref();
    engine.start();
    releases.add('engine', () => {
      clearInterval(timer);
      engine.stop();
    });
    const info = { service: name, version, track, startedAt };
    return createServiceView({
      ...{ info, engine, recent, health, registry },
      resources: metrics.resources,
      flags: () => flags.list(),
    });
  };
  const life = new Lifecycle({
    logger,
    adminAddress: settings.adminAddress,
    admin: options.admin ?? {},
    drainSeconds: settings.drainSeconds,
    readinessLagSeconds: settings.readinessLagSeconds,
    handleSignals: options.handleSignals ?? true,
    open,
    drainBegins(reason) {
      health.drain(reason);
      engine.setDraining(reason);
    },
  });

  const parts = { logger, tracer, tracing };
  return {
    ...{ name, version, logger, tracer, registry, metrics, health, engine, flags },
    middleware: () =>
      createHttpMiddleware({
        ...parts,
        metrics: metrics.service,
        work: new WorkRecorder(engine, 'http', slos),
        draining: () => life.signal.aborted,
      }),
    errorHandler: () => createErrorHandler(logger),
    grpcInterceptor: () =>
      createGrpcInterceptor({
        ...parts,
        metrics: metrics.service,
        work: new WorkRecorder(engine, 'grpc', slos),
      }),
    kafkaConsumer(consumerOptions) {
      messages ??= createMessageMetrics(registry, { latencyTargets });
      const work = new WorkRecorder(engine, 'kafka', slos);
      return createKafkaConsumer({ ...parts, metrics: messages, work }, consumerOptions);
    },
    downstream: (downstream, downstreamOptions = {}) => called.create(downstream, downstreamOptions),
    onDrain: (release) => life.onDrain(release),
    noteRelease: ({ title, detail }) => void ring?.add({ kind: 'release', title, detail }),
    start: (addresses = {}) => life.start(addresses),
    listen: (app, address) => life.listen(app, address),
    drain: (reason) => life.drain(reason),
    draining: life.signal,
  };
}
