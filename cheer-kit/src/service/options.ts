import type { AdminAppOptions } from '../admin/admin-app';
import type { Authenticator } from '../auth/authenticator';
import { hostOf, isLoopbackHost } from '../auth/loopback';
import type { CheerLimits } from '../conditions';
import type { QueueReading } from '../engine-state';
import type { CheckResult } from '../health';
import type { Logger, LoggerOptions } from '../logger';
import { releaseTracks, type ReleaseTrack } from '../metrics/resilience-metrics';
import { createSlos, type SloOptions, type Slos } from './slos';

/**
 * Looks at one thing that the service needs. Throwing is `failed`, returning nothing is `ok`; the signal ends when the
 * time for it is over (2 s).
 */
export type ServiceCheck = (signal: AbortSignal) => CheckResult | void | Promise<CheckResult | void>;

/** What `createService` takes. Everything but name and version has a default. */
export interface ServiceOptions {
  /** `service` on log lines and `service.name` of spans; Prometheus attaches its own. */
  readonly name: string;
  readonly version: string;
  /** Part of a release that it runs in; SELFCHEER_TRACK, else `stable`, when absent. */
  readonly track?: ReleaseTrack | undefined;
  /** What `/health` shows beside the checks of the kit (memory, event_loop, and one for each downstream). */
  readonly checks?: Readonly<Record<string, ServiceCheck>>;
  /** Names of the checks without which the service can't work: they decide on `/readyz`. All of `checks` when absent. */
  readonly readiness?: readonly string[];
  readonly slo?: SloOptions;
  /** When the cheer is not green, and for how long it stays so. */
  readonly cheer?: Partial<CheerLimits> & {
    /** Seconds for which a reason must be over before the state improves; 30 when absent. */
    readonly holdSeconds?: number;
  };
  /** Bounded queues by name, each asked once a second. */
  readonly queues?: Readonly<Record<string, () => QueueReading>>;
  /** Names of everything that `service.downstream` calls: a closed list, since they are labels of metrics. */
  readonly downstreams?: readonly string[];
  readonly admin?: AdminOptions;
  /** Feature flags in flagd's format; SELFCHEER_FLAGS_FILE, else the defaults, when absent. */
  readonly flagsFile?: string | undefined;
  /** Where recent cheer events are kept over restarts; SELFCHEER_STATE_DIR, else only in memory, when absent. */
  readonly stateDir?: string | undefined;
  /** LOG_LEVEL, else info, when absent. */
  readonly logLevel?: LoggerOptions['level'] | undefined;
  /** One of your own instead of the kit's on standard output. */
  readonly logger?: Logger;
  /** Seconds for ending what is under way once SIGTERM has come; SELFCHEER_DRAIN_SECONDS, else 10, when absent. */
  readonly drainSeconds?: number | undefined;
  /**
   * Seconds of serving on while not ready, for the balancer to notice; SELFCHEER_READINESS_LAG_SECONDS, else 0, when
   * absent.
   */
  readonly readinessLagSeconds?: number | undefined;
  /** Whether SIGTERM and SIGINT drain the service and end the process; true when absent. */
  readonly handleSignals?: boolean;
}

/** Where the admin port is, who may read it, and what is on it beside the kit's own; see `createAdminApp`. */
export interface AdminOptions extends Pick<AdminAppOptions, 'cors' | 'extend' | 'openapi' | 'page'> {
  /** `host:port`; SELFCHEER_ADMIN, else 127.0.0.1:9464, when absent. Port 0 picks a free one. */
  readonly address?: string | undefined;
  /** Who may read it; everyone who reaches it when absent. `createAuthenticator` makes one of API keys. */
  readonly authenticator?: Authenticator;
  /**
   * Allows an address beyond this machine without an authenticator, as behind a network policy; SELFCHEER_INSECURE=true,
   * else false, when absent.
   */
  readonly insecure?: boolean | undefined;
}

/** The options without gaps. */
export interface ServiceSettings {
  readonly track: ReleaseTrack;
  readonly slos: Slos;
  readonly limits: CheerLimits;
  readonly holdSeconds: number;
  readonly adminAddress: string;
  readonly flagsFile: string | undefined;
  readonly stateDir: string | undefined;
  readonly logLevel: LoggerOptions['level'];
  readonly drainSeconds: number;
  readonly readinessLagSeconds: number;
}

const logLevels: readonly LoggerOptions['level'][] = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
];
const longestSeconds = 86_400;

/** @throws RangeError that names the option, or the variable, that makes no sense */
export function readSettings(options: ServiceOptions, env: NodeJS.ProcessEnv): ServiceSettings {
  if (options.name.trim() === '') throw new RangeError('name must not be empty');
  if (options.version.trim() === '') throw new RangeError('version must not be empty');
  const slos = createSlos(options.slo);
  const targetSeconds = options.slo?.latency?.targetSeconds;
  const { holdSeconds = 30, ...limits } = options.cheer ?? {};
  const adminAddress = options.admin?.address ?? (env['SELFCHEER_ADMIN'] || '127.0.0.1:9464');
  checkReach(adminAddress, options.admin, env);
  return {
    track: choice('track', options.track ?? (env['SELFCHEER_TRACK'] || 'stable'), releaseTracks),
    slos,
    limits: {
      budgetFloorRatio: 0.1,
      latencyTargetSeconds: targetSeconds ?? 0.1,
      saturationCeilingRatio: 0.7,
      ...limits,
    },
    holdSeconds: seconds('cheer.holdSeconds', holdSeconds),
    adminAddress,
    flagsFile: options.flagsFile ?? (env['SELFCHEER_FLAGS_FILE'] || undefined),
    stateDir: options.stateDir ?? (env['SELFCHEER_STATE_DIR'] || undefined),
    logLevel: choice('LOG_LEVEL', options.logLevel ?? (env['LOG_LEVEL'] || 'info'), logLevels),
    drainSeconds: seconds('drainSeconds', options.drainSeconds ?? (env['SELFCHEER_DRAIN_SECONDS'] || 10)),
    readinessLagSeconds: seconds(
      'readinessLagSeconds',
      options.readinessLagSeconds ?? (env['SELFCHEER_READINESS_LAG_SECONDS'] || 0),
    ),
  };
}

function checkReach(address: string, admin: AdminOptions | undefined, env: NodeJS.ProcessEnv): void {
  if (isLoopbackHost(hostOf(address)) || admin?.authenticator) return;
  if (admin?.insecure ?? env['SELFCHEER_INSECURE'] === 'true') return;
  throw new RangeError(
    `Refusing to serve metrics and health beyond this machine (${address}) to everyone. Bind to 127.0.0.1, give ` +
      'admin.authenticator, or set admin.insecure: true (SELFCHEER_INSECURE=true) if everyone who can reach it may read it.',
  );
}

function choice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const known = choices.find((each) => each === value);
  if (known === undefined)
    throw new RangeError(`${name} is ${value}, but must be one of ${choices.join(', ')}`);
  return known;
}

function seconds(name: string, value: number | string): number {
  const number = Number(value);
  if (!(number >= 0 && number <= longestSeconds)) {
    throw new RangeError(`${name} is ${value}, but must be seconds from 0 to ${longestSeconds}`);
  }
  return number;
}
