import { systemClock, type Clock } from './clock';
import { redactText } from './redact-text';
import { asError } from './resilience/errors';

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

/**
 * Looks at one thing. Throwing or rejecting is `failed`; the signal ends when the time is over, and so must the check:
 * until it has, it is not begun again and counts as failed. Credentials in what it says are masked.
 */
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
  /** Everybody may read it: why it drains, or the names of the checks that failed, never what they say. */
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
 * (report). Callers that ask while the checks run share their result, and a check that hangs runs once, so probes can't
 * pile up.
 */
export class Health {
  private readonly clock: Clock;
  private readonly timeoutMs: number;
  private running: Promise<HealthReport> | undefined;
  private draining: string | undefined;
  /** Names of the checks that have begun and not ended, on time or not. */
  private readonly unsettled = new Set<string>();

  /** @throws RangeError when readiness names a check that is not there. */
  constructor(private readonly options: HealthOptions) {
    for (const name of options.readiness) {
      if (!Object.hasOwn(options.checks, name)) throw new RangeError(`readiness needs a check named ${name}`);
    }
    this.clock = options.clock ?? systemClock;
    this.timeoutMs = options.timeoutMs ?? 2000;
  }

  /**
   * For good: from now on readiness is refused, so that no balancer sends more work. Liveness holds. Everybody may read the
   * reason, without credentials.
   */
  drain(reason: string): void {
    this.draining ??= redactText(reason);
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
    return { ok: false, detail: `failed: ${failed.join(', ')}` };
  }

  /** Runs every check at once; never rejects and takes no longer than the timeout. */
  report(): Promise<HealthReport> {
    this.running ??= this.runAll().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async runAll(): Promise<HealthReport> {
    const names = Object.keys(this.options.checks);
    const results = await Promise.all(
      names.map((name) => this.run(name, this.options.checks[name] as HealthCheck)),
    );
    const checks = Object.fromEntries(names.map((name, index) => [name, results[index] as CheckResult]));
    const status = results.reduce<HealthStatus>((worst, result) => worseOf(worst, result.status), 'ok');
    return { status, timestamp: new Date(this.clock.now()).toISOString(), checks };
  }

  private async run(name: string, check: HealthCheck): Promise<CheckResult> {
    const late = `no answer within ${this.timeoutMs} ms`;
    if (this.unsettled.has(name)) return { status: 'failed', detail: `still running: ${late}` };
    const end = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => {
        resolve({ status: 'failed', detail: late });
        end.abort();
      }, this.timeoutMs);
    });
    this.unsettled.add(name);
    const checked = Promise.resolve(end.signal)
      .then(check)
      .finally(() => this.unsettled.delete(name));
    try {
      const { status, detail }: Partial<CheckResult> = await Promise.race([checked, timeout]);
      // A check of plain JavaScript may return what it has asked for, as `() => pool.query('select 1')` does.
      return { status: status ?? 'ok', detail: redactText(detail ?? 'ok') };
    } catch (error) {
      return { status: 'failed', detail: redactText(asError(error).message) };
    } finally {
      clearTimeout(timer);
    }
  }
}

function worseOf(a: HealthStatus, b: HealthStatus): HealthStatus {
  return healthStatuses.indexOf(a) >= healthStatuses.indexOf(b) ? a : b;
}
