/** Statuses with which the same request may succeed later: RFC 9110 §15.5.9, §15.6.3 to §15.6.5 and RFC 6585 §4. */
const transientStatuses = new Set([408, 429, 502, 503, 504]);

export function isTransientStatus(status: number): boolean {
  return transientStatuses.has(status);
}

/** Errors of the kit. Each carries a stable `code`, whether the same call may succeed later, and its `cause`. */
export abstract class KitError extends Error {
  readonly code: string;
  readonly retriable: boolean;

  constructor(
    code: string,
    message: string,
    options: { readonly retriable: boolean; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retriable = options.retriable;
  }
}

/**
 * An HTTP answer that is no success. Throw it in what `Downstream.call` calls, since to `fetch` every answer is a success:
 * `if (!response.ok) throw new HttpError(response.status)`. Transient for 408, 429, 502, 503 and 504. `http_status`
 */
export class HttpError extends KitError {
  /** Seconds after which the downstream wants to be asked again, of its Retry-After; see `parseRetryAfter`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly status: number,
    message = `the downstream answered ${status}`,
    options: { readonly retryAfterSeconds?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super('http_status', message, { retriable: isTransientStatus(status), cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** No answer within the time of an attempt, when nobody knows whether it took effect, or of a call. `call_timeout` */
export class CallTimeoutError extends KitError {
  constructor(readonly timeoutMs: number) {
    super('call_timeout', `no answer within ${timeoutMs} ms`, { retriable: true });
  }
}

/**
 * Nothing was tried: too many calls have failed, and it is not yet time to probe, or the probe is under way.
 * `breaker_open`
 */
export class BreakerOpenError extends KitError {
  constructor(readonly downstream: string) {
    super('breaker_open', `the breaker of ${downstream} is open: nothing was tried; try again later`, {
      retriable: true,
    });
  }
}

/** Nothing was tried: all slots are in use and the queue is full. `bulkhead_full` */
export class BulkheadFullError extends KitError {
  constructor(slots: number, queue: number) {
    super(
      'bulkhead_full',
      `all ${slots} slots are in use and ${queue} calls wait already: nothing was tried; try again later`,
      { retriable: true },
    );
  }
}

/**
 * What was thrown, as an error. By its looks and not by its class: an error of another realm, as `fetch` throws under
 * Jest, is an error too.
 */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(String(thrown), { cause: thrown });
}

export function isError(thrown: unknown): thrown is Error {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown;
}
