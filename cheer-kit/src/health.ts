import { systemClock, type Clock } from './clock';

/** From good to bad. */
export const healthStatuses = ['ok', 'degraded', 'failed'] as const;
/** One of `healthStatuses`. */
export type HealthStatus = (typeof healthStatuses)[number];

/** `degraded`: the work is still done safely; `failed`: it is not. */
export interface CheckResult {
  readonly status: HealthStatus;
  /** One sentence for the person who reads it. */
  readonly detail: string;
}

/** Looks at one thing. Throwing or rejecting is `failed`; the signal ends when the time is over. */
export type HealthCheck = (signal: AbortSignal) => CheckResult | Promise<CheckResult>;

/** What `/health` answers: 503 when the status is `failed`, else 200. */
export interface HealthReport {
  /** The worst of all checks. */
  readonly status: HealthStatus;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** What a probe is answered. */
export interface Probe {
  readonly ok: boolean;
  readonly detail?: string;
}

/** For `Health`. */
export interface HealthOptions {
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Names of the checks without which the service can't take work; they decide on readiness. */
  readonly readiness: readonly string[];
  /** Milliseconds for each check; 2,000 when absent. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * Health in three questions: is the process alive (liveness), may it get work (readiness), how is each part
 * (report). Callers that ask while the checks run share their result, so probes can't pile up.
 */
export class Health {
  private readonly clock: Clock;
  private readonly timeoutMs: number;
  private running: Promise<HealthReport> | undefined;
  private draining: string | undefined;
  private last: HealthReport | undefined;

  /** @throws RangeError when readiness names a check that is not there. */
  constructor(private readonly options: HealthOptions) {
    for (const name of options.readiness) {
      if (!Object.hasOwn(options.checks, name)) throw new RangeError(`readiness needs a check named ${name}`);
    }
    this.clock = options.clock ?? systemClock;
    this.timeoutMs = options.timeoutMs ?? 2000;
  }

  /** For good: from now on readiness is refused, so that no balancer sends more work. Liveness holds. */
  drain(reason: string): void {
    this.draining ??= reason;
  }

  /** The process answers: that is all. What a restart can't mend must not cause one. */
  liveness(): Probe {
    return { ok: true };
  }

  /** Whether it may get work: it is not draining, and no check that readiness names has failed. */
  async readiness(): Promise<Probe> {
    if (this.draining !== undefined) return { ok: false, detail: this.draining };
    const { checks } = await this.report();
    const failed = this.options.readiness.filter((name) => checks[name]?.status === 'failed');
    // It may have begun to drain while the checks ran.
    if (this.draining !== undefined) return { ok: false, detail: this.draining };
    if (failed.length === 0) return { ok: true };
    return { ok: false, detail: failed.map((name) => `${name}: ${checks[name]?.detail}`).join('; ') };
  }

  /** Runs every check at once; never rejects and takes no longer than the timeout. */
  report(): Promise<HealthReport> {
    this.running ??= this.runAll().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** The last report that was completed. */
  latest(): HealthReport | undefined {
    return this.last;
  }

  private async runAll(): Promise<HealthReport> {
    const names = Object.keys(this.options.checks);
    const results = await Promise.all(
      names.map((name) => this.run(this.options.checks[name] as HealthCheck)),
    );
    const checks = Object.fromEntries(names.map((name, index) => [name, results[index] as CheckResult]));
    const status = results.reduce<HealthStatus>((worst, result) => worseOf(worst, result.status), 'ok');
    this.last = { status, timestamp: new Date(this.clock.now()).toISOString(), checks };
    return this.last;
  }

  private async run(check: HealthCheck): Promise<CheckResult> {
    const end = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => {
        resolve({ status: 'failed', detail: `no answer within ${this.timeoutMs} ms` });
        end.abort();
      }, this.timeoutMs);
    });
    try {
      return await Promise.race([Promise.resolve(end.signal).then(check), timeout]);
    } catch (error) {
      return { status: 'failed', detail: error instanceof Error ? error.message : String(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

function worseOf(a: HealthStatus, b: HealthStatus): HealthStatus {
  return healthStatuses.indexOf(a) >= healthStatuses.indexOf(b) ? a : b;
}
