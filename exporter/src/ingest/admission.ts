import type { AppendOutcome, EventDraft } from '../event';
import { priorityOf, type Priority } from './overload/priority';
import type { Shedder } from './overload/shedder';
import type { Refusal } from './problem';
import { Quota, type QuotaLimits, type QuotaReading } from './quota';

export interface TenantLimits extends QuotaLimits {
  readonly priority: Priority;
}

export interface AdmissionOptions {
  readonly tenants: Readonly<Record<string, TenantLimits>>;
  readonly shedder: Pick<Shedder, 'sheds' | 'took' | 'drops'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** 0 up to 1, so that those who were turned away don't come back together. */
  readonly random: () => number;
}

/** Who asks, before a byte of the body is read. */
export interface Asking {
  readonly tenant: string;
  /** The `Priority` header (RFC 9218), or the gRPC metadata of the same name. */
  readonly priority: string | undefined;
  /** As announced; 1 when it is not known. */
  readonly bytes: number;
}

/** The longest wait that is asked for when overloaded grows with the steps of the control law by so many seconds. */
const waitPerDrop = 0.5;

/**
 * Who may come in: what their quota allows (their own fault otherwise, 429), then what the service can bear (ours, 503).
 * Asked before the body is read, and once more about a quota when it is known what is in it.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #quotas = new Map<string, Quota>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
    for (const [tenant, limits] of Object.entries(options.tenants)) {
      if (limits.eventsPerSecond === undefined && limits.bytesPerSecond === undefined) continue;
      this.#quotas.set(tenant, new Quota(limits, options.clock));
    }
  }

  /** Why this request is turned away, or undefined. */
  admit({ tenant, priority, bytes }: Asking): Refusal | undefined {
    const { tenants, shedder, random } = this.#options;
    const seconds = this.#quotas.get(tenant)?.secondsUntil(1, bytes) ?? 0;
    if (seconds > 0) return quotaExceeded(tenant, seconds);
    const own = Object.hasOwn(tenants, tenant) ? tenants[tenant] : undefined;
    const level = priorityOf(priority, own?.priority ?? 'normal');
    if (!shedder.sheds(tenant, level)) return undefined;
    return {
      code: 'overloaded',
      detail: `Events come in faster than they can be stored: requests of ${level} priority are turned away now`,
      retryAfterSeconds: 1 + random() * (1 + shedder.drops * waitPerDrop),
    };
  }

  /** Charges events that are about to be stored. Why none of them may be, or undefined. */
  take(tenant: string, events: number, bytes: number): Refusal | undefined {
    const quota = this.#quotas.get(tenant);
    if (quota) {
      const seconds = quota.secondsUntil(events, bytes);
      if (seconds > 0) return quotaExceeded(tenant, seconds);
      quota.take(events, bytes);
    }
    this.#options.shedder.took(tenant, bytes);
    return undefined;
  }

  /** Whether `take` would take these now. */
  hasRoom(tenant: string, drafts: readonly EventDraft[]): boolean {
    const quota = this.#quotas.get(tenant);
    return !quota || quota.secondsUntil(drafts.length, chargedBytes(drafts)) === 0;
  }

  /** Takes back the charge for events that could not be stored. */
  giveBack(tenant: string, events: number, bytes: number): void {
    this.#quotas.get(tenant)?.take(-events, -bytes);
  }

  /**
   * Takes back the charge for those events that were stored before. Otherwise a stream that is larger than the burst would
   * never get past its beginning, however often it was sent again.
   */
  giveBackUnstored(
    tenant: string,
    drafts: readonly EventDraft[],
    outcomes: readonly Pick<AppendOutcome, 'status'>[],
  ): void {
    if (!this.#quotas.has(tenant)) return;
    const unstored = drafts.filter((_, i) => {
      const status = outcomes[i]?.status;
      return status === 'duplicate' || status === 'conflict';
    });
    this.giveBack(tenant, unstored.length, chargedBytes(unstored));
  }

  /** The limits of a tenant with a quota; undefined for one without. */
  readings(tenant: string): readonly QuotaReading[] | undefined {
    return this.#quotas.get(tenant)?.readings();
  }
}

/** Bytes of these events as quotas count them: ids and payloads. */
export function chargedBytes(drafts: readonly EventDraft[]): number {
  let bytes = 0;
  for (const { id, payload } of drafts) bytes += id.length + payload.length;
  return bytes;
}

function quotaExceeded(tenant: string, seconds: number): Refusal {
  return {
    code: 'quota_exceeded',
    detail: `The quota of tenant ${tenant} is used up: send the rest later, or ask for more`,
    retryAfterSeconds: seconds,
  };
}
