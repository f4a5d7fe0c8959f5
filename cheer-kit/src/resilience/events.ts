import type { BreakerState } from '../verdict';

/**
 * How one attempt ended: `ambiguous` when nobody knows whether it took effect (no answer in time, connection lost),
 * `unavailable` when the downstream can't now (408, 429, 502 to 504, connection refused, nobody to call) or when nothing
 * was tried because the breaker is open, the bulkhead full or the deadline come, `refused` when it answered and meant it.
 */
export const callResults = ['success', 'ambiguous', 'unavailable', 'refused'] as const;
/** One of `callResults`. */
export type CallResult = (typeof callResults)[number];

/** Whom a downstream's calls are addressed to: the logical name, wherever discovery leads. */
export interface Server {
  readonly address: string;
  readonly port: number;
}

/** What happens in a downstream's resilience; each is told once, in order. */
export type ResilienceEvent =
  | {
      readonly type: 'call';
      readonly downstream: string;
      readonly result: CallResult;
      /** 1 for the first; 0 when nothing was tried. */
      readonly attempt: number;
      readonly seconds: number;
      /** As in the downstream's options. */
      readonly server?: Server;
      readonly error?: Error;
    }
  | {
      readonly type: 'retry';
      readonly downstream: string;
      /** The attempt that comes after the delay: 2 or more. */
      readonly attempt: number;
      readonly delaySeconds: number;
      readonly error: Error;
    }
  | { readonly type: 'breaker'; readonly downstream: string; readonly state: BreakerState }
  | { readonly type: 'fallback'; readonly downstream: string; readonly error: Error };
