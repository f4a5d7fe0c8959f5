import { isError, KitError } from '../resilience/errors';

/** Finds the instances of a service that another one calls. */
export interface Resolver {
  /**
   * `host:port` of one instance, all of them in turn; IPv6 hosts stand in brackets. Waits for the first answer at most
   * until `signal` is aborted. Rejects with a NoInstanceError when there is none to call.
   */
  pick(signal: AbortSignal): Promise<string>;
  /** Ends what watches in the background. */
  close(): void;
}

/**
 * Nobody to call: none is healthy, or the directory can't be asked. That passes, so it is worth another try; unless the
 * resolver is closed. `no_instance`
 */
export class NoInstanceError extends KitError {
  constructor(message: string, options: { readonly retriable?: boolean; readonly cause?: unknown } = {}) {
    super('no_instance', message, { retriable: true, ...options });
  }
}

/** `fetch` wraps what really happened, and so do others: it is looked for this deep. */
const deepestCause = 5;

/** What is behind an error, in words: `fetch` itself only says that it failed. */
export function rootMessage(error: Error, depth = 0): string {
  if (depth < deepestCause && isError(error.cause)) return rootMessage(error.cause, depth + 1);
  // An AggregateError of several addresses has a code and no message.
  return error.message || ('code' in error ? String(error.code) : error.name);
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Gives out a list's members in turn, and goes on where it was when the list changes. */
export class InTurn {
  private members: readonly string[] = [];
  private turn = 0;

  set(members: readonly string[]): void {
    this.members = members;
  }

  next(): string | undefined {
    return this.members.length === 0 ? undefined : this.members[this.turn++ % this.members.length];
  }
}
