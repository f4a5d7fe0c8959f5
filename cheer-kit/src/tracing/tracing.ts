import {
  context,
  diag,
  DiagLogLevel,
  propagation,
  ProxyTracerProvider,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { Logger } from '../logger';
import { createSampler } from './sampler';

/** For `startTracing`. */
export interface TracingOptions {
  /** `service.name`, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say otherwise. */
  readonly service: string;
  readonly version: string;
  /** The release's track, such as stable or canary: the resource attribute `selfcheer.track`. */
  readonly track?: string;
  /**
   * Share of the traces that begin here and are recorded, 0 to 1. Asked for each, so it may change at any time; undefined
   * leaves it to OTEL_TRACES_SAMPLER, and that to all of them. Traces that come from elsewhere are recorded when
   * whoever began them says so.
   */
  readonly ratio?: () => number | undefined;
  /** Told which of the variables make no sense, and when spans are lost, at most once a minute. */
  readonly logger?: Logger;
}

/** Traces while they are on; see `startTracing`. */
export interface Tracing {
  /** False when spans go nowhere: then don't make any, and pass on the trace context as it came. */
  readonly enabled: boolean;
  readonly tracer: Tracer;
  /**
   * Exports what is left and ends. Never rejects, and takes `withinMs` at the most. A request to a collector that hangs
   * may hold its socket for longer: end the process with `process.exit`, as a worker thread too.
   */
  shutdown(withinMs?: number): Promise<void>;
}

/** What is exported waits for the collector no longer than this at the end, in milliseconds. */
const lastExportMs = 2_000;
const tellEveryMs = 60_000;

/** Whether the standard variables ask for the export of traces. An empty one counts as not set. */
export function tracingIsAsked(env: NodeJS.ProcessEnv): boolean {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false;
  const exporter = env['OTEL_TRACES_EXPORTER']?.trim();
  if (exporter) return exporter !== 'none';
  return Boolean(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']);
}

/**
 * Starts the OpenTelemetry SDK when the environment asks for traces: OTEL_EXPORTER_OTLP_ENDPOINT or
 * OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set, or OTEL_TRACES_EXPORTER is and not `none`. Otherwise it loads nothing and
 * costs nothing. The standard OTEL_* variables hold (protocol, headers, sampler, limits, batch processor, …); metrics and
 * logs are exported by OpenTelemetry only when OTEL_METRICS_EXPORTER or OTEL_LOGS_EXPORTER ask for it.
 *
 * No module is patched, so it does not matter what was loaded before. Where an SDK runs already, its provider is used and
 * left to who started it. A worker thread has its own: call this there, too.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { service, version } = options;
  const tracer = (): Tracer => trace.getTracer(service, version);
  const left = { shutdown: () => Promise.resolve() };
  if (runningProvider() !== undefined) return { enabled: true, tracer: tracer(), ...left };
  if (!tracingIsAsked(process.env)) return { enabled: false, tracer: tracer(), ...left };

  const { NodeSDK, node, resources, core } = await import('@opentelemetry/sdk-node');
  const understood = tellWhatIsWrong(options.logger);
  const sdk = new NodeSDK({
    resource: resources.defaultResource().merge(
      resources.resourceFromAttributes({
        'service.name': service,
        'service.version': version,
        'process.pid': process.pid,
        'process.runtime.name': 'nodejs',
        'process.runtime.version': process.versions.node,
        ...(options.track !== undefined && { 'selfcheer.track': options.track }),
      }),
    ),
    // The one for processes would send the command line, and what may stand in it.
    ...(!process.env['OTEL_NODE_RESOURCE_DETECTORS'] && {
      resourceDetectors: [resources.envDetector, resources.hostDetector],
    }),
    sampler: createSampler(node, { env: process.env, ratio: options.ratio ?? (() => undefined) }),
    // With no endpoint the default ones of metrics and logs hold the shutdown for 7 to 9 s.
    ...(!process.env['OTEL_METRICS_EXPORTER'] && { metricReaders: [] }),
    ...(!process.env['OTEL_LOGS_EXPORTER'] && { logRecordProcessors: [] }),
  });
  core.setGlobalErrorHandler(tellSometimes(options.logger));
  sdk.start();
  understood();

  let ended: Promise<void> | undefined;
  const end = async (withinMs: number): Promise<void> => {
    await within(sdk.shutdown(), withinMs);
    trace.disable();
    context.disable();
    propagation.disable();
  };
  return {
    enabled: runningProvider() !== undefined,
    tracer: tracer(),
    shutdown: (withinMs = lastExportMs) => (ended ??= end(withinMs)),
  };
}

/** The provider that was registered in this thread, if one was. */
function runningProvider(): TracerProvider | undefined {
  const proxy = trace.getTracerProvider();
  if (!(proxy instanceof ProxyTracerProvider)) return proxy;
  return proxy.getDelegateTracer('@selfcheer/cheer-kit') ? proxy.getDelegate() : undefined;
}

/** Resolves when `work` has ended, however it did, or after `ms`. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}

/** The SDK starts with a default in the place of a setting that it does not understand, and says so only here. */
function tellWhatIsWrong(logger: Logger | undefined): () => void {
  if (!logger || process.env['OTEL_LOG_LEVEL']) return () => undefined;
  const quiet = (): void => undefined;
  const tell = (what: string): void => logger.warn(`OpenTelemetry: ${what}`);
  diag.setLogger(
    { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return () => diag.disable();
}

function tellSometimes(logger: Logger | undefined): (error: unknown) => void {
  let toldAt = -Infinity;
  return (error) => {
    const now = performance.now();
    if (now - toldAt < tellEveryMs) return;
    toldAt = now;
    const detail = error instanceof Error ? error.message : String(error);
    logger?.warn({ detail }, 'spans could not be exported and are lost: is the collector there?');
  };
}
