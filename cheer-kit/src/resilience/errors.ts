/** An HTTP answer that is no success. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code = 'HTTP_STATUS';
  /** Seconds after which the downstream wants to be asked again, of its Retry-After; see `parseRetryAfter`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly status: number,
    message = `the downstream answered ${status}`,
    options: { readonly retryAfterSeconds?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** An attempt was not answered within its time: nobody knows whether it took effect. */
export class CallTimeoutError extends Error {
  override readonly name = 'CallTimeoutError';
  readonly code = 'CALL_TIMEOUT';

  constructor(readonly timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
  }
}

/** Nothing was tried: too many calls have failed, and it is not yet time to probe, or the probe is under way. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';
  readonly code = 'BREAKER_OPEN';

  constructor(readonly downstream: string) {
    super(`the breaker of ${downstream} is open: nothing was tried; try again later`);
  }
}

/** Nothing was tried: all slots are in use and the queue is full. */
export class BulkheadFullError extends Error {
  override readonly name = 'BulkheadFullError';
  readonly code = 'BULKHEAD_FULL';

  constructor(slots: number, queue: number) {
    super(
      `all ${slots} slots are in use and ${queue} calls wait already: nothing was tried; try again later`,
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

function isError(thrown: unknown): thrown is Error {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && 'message' in thrown;
}
