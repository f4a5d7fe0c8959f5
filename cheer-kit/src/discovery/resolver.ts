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

/** Nobody to call: none is healthy, or the directory can't be asked. It passes, so it is worth another try. */
export class NoInstanceError extends Error {
  readonly code = 'no_instance';
  readonly retriable = true;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NoInstanceError';
  }
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
