import type { AdminAppOptions } from '../admin/admin-app';
import type { Authenticator } from '../auth/authenticator';
import { hostOf, isLoopbackHost } from '../auth/loopback';
import type { CheerLimits } from '../conditions';
import type { QueueReading } from '../engine-state';
import type { CheckResult } from '../health';
import { addressParts } from '../http/server';
import type { Logger, LoggerOptions } from '../logger';
import { releaseTracks, type ReleaseTrack } from '../metrics/resilience-metrics';
import { createSlos, type SloOptions, type Slos } from '../work/slos';

/**
 * Looks at one thing that the service needs. Throwing is `failed`, returning nothing is `ok`; the signal ends when the
 * time for it is over (2 s).
 */
export type ServiceCheck = (signal: AbortSignal) => CheckResult | void | Promise<CheckResult | void>;

/**
 * When the cheer is not green: see `CheerLimits`. `latencyTargetSeconds`, for nine requests of ten, is
 * `slo.latency.targetSeconds` where that is given, else 0.1: tighter than the SLO, so that the cheer tells before the SLO
 * is broken.
 */
export type CheerOptions = { readonly [Limit in keyof CheerLimits]?: CheerLimits[Limit] | undefined } & {
  /** Seconds for which a reason must be over before the state improves; 30 when absent. */
  readonly holdSeconds?: number | undefined;
};

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
  readonly cheer?: CheerOptions;
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
  /**
   * Seconds for ending what is under way once SIGTERM has come; SELFCHEER_DRAIN_SECONDS, else 10, when absent. Requests
   * have all of it, or six tenths where `onDrain` has something to close after them.
   */
  readonly drainSeconds?: number | undefined;
  /**
   * Seconds of serving on while not ready, for the balancer to notice; SELFCHEER_READINESS_LAG_SECONDS, else 0, when
   * absent. Of any service that was ready, however it gets its work.
   */
  readonly readinessLagSeconds?: number | undefined;
  /** Whether SIGTERM and SIGINT drain the service and end the process; true when absent. */
  readonly handleSignals?: boolean;
}

/** Where the admin port is, who may read it, and what is on it beside the kit's own; see `createAdminApp`. */
export interface AdminOptions extends Pick<AdminAppOptions, 'cors' | 'extend' | 'openapi' | 'page'> {
  /** `host:port`; SELFCHEER_ADMIN, else 127.0.0.1:9464, when absent. Port 0 picks a free one. */
  readonly address?: string | undefined;
  /** Who may read it; everyone who reaches it when absent. `createAuthenticator` makes one of keys and tokens. */
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

/** A setting, and the name by which it was given, for who has to mend it. */
interface Given {
  readonly name: string;
  readonly value: string | number;
}

/** @throws RangeError that names the option, or the variable, that makes no sense */
export function readSettings(options: ServiceOptions, env: NodeJS.ProcessEnv): ServiceSettings {
  const { admin, cheer = {} } = options;
  const given = (option: string, value: Given['value'] | undefined, variable?: string): Given | undefined => {
    if (value !== undefined) return { name: option, value };
    // An empty one counts as absent.
    const fromEnv = variable && env[variable];
    return fromEnv ? { name: variable, value: fromEnv } : undefined;
  };
  checkText('name', options.name);
  checkText('version', options.version);
  const adminAddress = address(given('admin.address', admin?.address, 'SELFCHEER_ADMIN'), '127.0.0.1:9464');
  checkReach(adminAddress, admin, env);
  const level = given('logLevel', options.logLevel, 'LOG_LEVEL');
  const drain = given('drainSeconds', options.drainSeconds, 'SELFCHEER_DRAIN_SECONDS');
  const lagVariable = 'SELFCHEER_READINESS_LAG_SECONDS';
  const lag = given('readinessLagSeconds', options.readinessLagSeconds, lagVariable);
  return {
    track: choice(given('track', options.track, 'SELFCHEER_TRACK'), releaseTracks, 'stable'),
    slos: createSlos(options.slo),
    limits: {
      budgetFloorRatio: cheer.budgetFloorRatio ?? 0.1,
      latencyTargetSeconds: cheer.latencyTargetSeconds ?? options.slo?.latency?.targetSeconds ?? 0.1,
      saturationCeilingRatio: cheer.saturationCeilingRatio ?? 0.7,
    },
    holdSeconds: seconds(given('cheer.holdSeconds', cheer.holdSeconds), 30),
    adminAddress,
    flagsFile: options.flagsFile ?? (env['SELFCHEER_FLAGS_FILE'] || undefined),
    stateDir: options.stateDir ?? (env['SELFCHEER_STATE_DIR'] || undefined),
    logLevel: choice(level && { ...level, value: levelName(level.value) }, logLevels, 'info'),
    drainSeconds: seconds(drain, 10),
    readinessLagSeconds: seconds(lag, 0),
  };
}

/** For those who write JavaScript, too. */
function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new RangeError(`${name} is ${JSON.stringify(value)}, but must be a text that is not empty`);
  }
}

function checkReach(address: string, admin: AdminOptions | undefined, env: NodeJS.ProcessEnv): void {
  if (isLoopbackHost(hostOf(address)) || admin?.authenticator) return;
  if (admin?.insecure ?? env['SELFCHEER_INSECURE'] === 'true') return;
  throw new RangeError(
    `Refusing to serve metrics and health beyond this machine (${address}) to everyone. Bind to 127.0.0.1, give ` +
      'admin.authenticator, or set admin.insecure: true (SELFCHEER_INSECURE=true) if everyone who can reach it may read it.',
  );
}

function address(given: Given | undefined, standard: string): string {
  if (given === undefined) return standard;
  const value = String(given.value);
  if (addressParts(value)) return value;
  throw new RangeError(`${given.name} is ${value}, but must be host:port, such as ${standard}`);
}

/** As other tools write it. */
function levelName(value: Given['value']): string {
  const name = String(value).trim().toLowerCase();
  return name === 'warning' ? 'warn' : name;
}

function choice<T extends string>(given: Given | undefined, choices: readonly T[], standard: T): T {
  if (given === undefined) return standard;
  const known = choices.find((each) => each === given.value);
  if (known !== undefined) return known;
  throw new RangeError(`${given.name} is ${given.value}, but must be one of ${choices.join(', ')}`);
}

function seconds(given: Given | undefined, standard: number): number {
  const number = Number(given?.value ?? standard);
  if (number >= 0 && number <= longestSeconds) return number;
  throw new RangeError(`${given?.name} is ${given?.value}, but must be seconds from 0 to ${longestSeconds}`);
}
