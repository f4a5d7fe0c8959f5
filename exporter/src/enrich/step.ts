import type { StepConfig } from '../config/steps';
import { UsageError } from '../errors';
import type { QuarantineReason } from '../event';
import type { Draft } from './draft';

/** What one step made of one event. The chain ends at the first that is not `ok`. Only a bug throws. */
export type StepOutcome =
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'drop' }
  | { readonly outcome: 'quarantine'; readonly reason: QuarantineReason; readonly detail: string }
  | { readonly outcome: 'retry'; readonly detail: string };

/** A step of the chain, ready to run: its files are read and its expressions compiled. */
export interface Step {
  /** The fields it may write in `enriched`. */
  readonly fields: readonly string[];
  run(draft: Draft): StepOutcome | Promise<StepOutcome>;
  /** Ends what is under way and gives back what the step holds open. */
  close?(): void;
}

/** The settings of one kind of step. */
export type ConfigOf<Kind extends StepConfig['step']> = Extract<StepConfig, { step: Kind }>;

/** Shared, so that the usual outcome costs no allocation. */
export const ok: StepOutcome = Object.freeze({ outcome: 'ok' });

const detailLimit = 500;

/** An outcome that sets the event aside; `detail` is made one line of at most 500 characters. */
export function quarantine(reason: QuarantineReason, detail: string): StepOutcome {
  const line = detail.replace(/\s+/g, ' ').trim();
  return {
    outcome: 'quarantine',
    reason,
    detail: line.length > detailLimit ? `${line.slice(0, detailLimit)}…` : line,
  };
}

/** Runs `read`; what it throws becomes a UsageError that says what failed and what to do. */
export function orUsageError<T>(what: string, advice: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason =
      cause instanceof Error ? cause.message : String((cause as { message?: unknown }).message ?? cause);
    throw new UsageError(`${what}: ${reason.replace(/\s+/g, ' ')}; ${advice}`, { cause });
  }
}
