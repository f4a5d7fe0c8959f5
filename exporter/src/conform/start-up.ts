import { messageOf, SelfcheerError } from '../errors';
import { AdminPort, adminUrl } from './admin-port';
import { call } from './http-call';
import { completed, idMark, RequestPlan, type RouteOptions } from './request-plan';
import { ServiceProcess } from './service-process';
import { defaultLimits, eventually, type Limits } from './subject';

export interface ConformOptions {
  readonly route: RouteOptions;
  /** `host:port` or a URL. Default: what the start line of the command says, then SELFCHEER_ADMIN, then port 9464. */
  readonly admin?: string;
  readonly apiKey?: string;
  /** Starts the service; without it, one that runs already is checked. */
  readonly command?: readonly string[];
  /** Path of a route that takes its time. */
  readonly slow?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly limits?: Partial<Limits>;
  readonly signal: AbortSignal;
}

/** The service with what it is asked for. */
export interface Found {
  readonly plan: RequestPlan;
  readonly admin: AdminPort;
  /** `service`, `version` and more, as far as it tells. */
  readonly summary: unknown;
}

const defaultAdmin = '127.0.0.1:9464';
const startMs = 60_000;
/** Unless told otherwise it stays so long after SIGTERM that its readiness can be seen. */
const lag = { SELFCHEER_READINESS_LAG_SECONDS: '1' } as const;

/** The service that runs already. Rejects with `unreachable` or `route_unusable` when nothing can be checked. */
export async function find(options: ConformOptions): Promise<Found> {
  const address = options.admin ?? options.env['SELFCHEER_ADMIN'] ?? defaultAdmin;
  const admin = new AdminPort(adminUrl(address), options.apiKey, options.signal);
  try {
    await admin.probe('/healthz');
  } catch (error) {
    const text = `No admin port answers at ${admin.url} (${messageOf(error)}). Name it with --admin.`;
    throw new SelfcheerError('unreachable', text, { cause: error });
  }
  return usable(options.route, admin, options.signal);
}

/** Starts the command, with its traces to `endpoint`, and waits until it is ready. */
export async function start(
  options: ConformOptions,
  endpoint: string,
): Promise<Found & { readonly process: ServiceProcess }> {
  const { route, command = [], env, cwd, signal } = options;
  const expected = options.admin ?? env['SELFCHEER_ADMIN'] ?? defaultAdmin;
  await refuseStranger(route.url, signal);
  await refuseStranger(adminUrl(expected), signal);
  const process = new ServiceProcess({
    command,
    env: { ...lag, ...withoutOtel(env), ...otel(endpoint) },
    cwd,
  });
  try {
    const limits = { ...defaultLimits, ...options.limits, waitMs: startMs };
    const admin = await eventually({ limits, signal }, async () => {
      if (!process.running) throw process.failure('ended before it was ready');
      const address = options.admin ?? process.startLine?.admin ?? expected;
      const port = new AdminPort(adminUrl(address), options.apiKey, signal);
      const answer = await port.probe('/readyz').catch(() => undefined);
      return answer?.status === 200 ? port : undefined;
    });
    if (!admin)
      throw process.failure(`was not ready within ${startMs / 1000} s (GET /readyz on its admin port)`);
    const [port] = /:\d+(?=\/?$)/.exec(process.startLine?.http ?? '') ?? [];
    const url = port === undefined ? route.url : route.url.replace(/:0(?=[/?#]|$)/, port);
    return { ...(await usable({ ...route, url }, admin, signal)), process };
  } catch (error) {
    await process.dispose();
    throw error;
  }
}

/** One request must be answered well, or nothing that follows says anything. */
async function usable(route: RouteOptions, admin: AdminPort, signal: AbortSignal): Promise<Found> {
  const summary = await admin.json('/api/v1/summary').catch(() => undefined);
  const plan = new RequestPlan(completed(route, summary), signal);
  const { url, what } = plan.make();
  const request = `${plan.method} ${url}`;
  try {
    const { status, text } = await call(url, what, signal);
    if (status < 400) return { plan, admin, summary };
    const seen = `${request} was answered ${status}: ${text.slice(0, 200)}`;
    throw new SelfcheerError(
      'route_unusable',
      `${seen}\nName a route that answers well, with --method, --header and --body as it needs them.`,
    );
  } catch (error) {
    if (error instanceof SelfcheerError) throw error;
    throw new SelfcheerError('unreachable', `${request}: ${messageOf(error)}`, { cause: error });
  }
}

/** Another process on the port would be checked instead of the one that is started. */
async function refuseStranger(url: string, signal: AbortSignal): Promise<void> {
  const { origin, port } = new URL(url.replaceAll(idMark, '0'));
  if (port === '0') return;
  const answer = await call(origin, {}, signal).catch(() => undefined);
  if (answer) {
    throw new SelfcheerError(
      'port_taken',
      `Something answers at ${origin} already: end it first, or leave the command out.`,
    );
  }
}

/** Whatever the environment says of telemetry, this service exports to us and in full. */
function withoutOtel(env: ConformOptions['env']): ConformOptions['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('OTEL_')));
}

function otel(endpoint: string): Readonly<Record<string, string>> {
  return {
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_BSP_SCHEDULE_DELAY: '200',
    LOG_LEVEL: 'debug',
  };
}
