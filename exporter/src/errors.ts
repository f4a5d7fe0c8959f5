/**
 * Errors of the service. Each carries a stable `code`, whether the same call may succeed later
 * (`retriable`), its `cause`, and a message that says what to do.
 */
export class SelfcheerError extends Error {
  readonly code: string;
  readonly retriable: boolean;

  constructor(code: string, message: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}

/** The configuration or a command line can't be used. The process exits with 2. */
export class UsageError extends SelfcheerError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('usage', message, options);
  }
}

/**
 * The store does not add up or can't be opened. The process never reports green and exits with 3; with 1 when another
 * process has it (`store_locked`), with 2 when there is none (`store_missing`) or something else (`foreign_files`).
 */
export class StoreError extends SelfcheerError {}

/** Exit codes of the `selfcheer` command. */
export const exitCode = { ok: 0, failure: 1, usage: 2, store: 3, inconclusive: 3 } as const;

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').trim();
}
