import type { ConditionName } from './verdict';

/** Any queue at least this full makes the state red: it is about to refuse. */
export const saturationRed = 0.9;

/** What was measured, the worst of each kind. */
export interface CheerFigures {
  /** Smallest remaining error budget over all SLOs; 1 when untouched. */
  readonly errorBudgetRemaining: number;
  /** p90 in seconds; null when nothing was measured in the window. */
  readonly latencyP90Seconds: number | null;
  /** Greatest depth / capacity over all queues. */
  readonly saturation: number;
  /** Greatest oldest age / age target over all queues. */
  readonly ageRatio: number;
  readonly openBreakers: number;
  /** Refusing events, or fenced. */
  readonly blocked: boolean;
  readonly draining: boolean;
}

/** From where on a condition fails. */
export interface CheerLimits {
  /** The remaining budget must be above it. */
  readonly budgetFloorRatio: number;
  /** Seconds; the p90 must not be above it. */
  readonly latencyTargetSeconds: number;
  /** Every queue's saturation must be below it; at most 0.9. */
  readonly saturationCeilingRatio: number;
}

/** How bad one condition is by itself. */
export type Level = 'green' | 'yellow' | 'red';

/**
 * Each condition by itself. Comparisons are written so that NaN fails: what can't be reckoned is not healthy.
 */
export function judge(figures: CheerFigures, limits: CheerLimits): Record<ConditionName, Level> {
  const { errorBudgetRemaining, latencyP90Seconds, saturation, ageRatio, openBreakers } = figures;
  return {
    error_budget: level(errorBudgetRemaining > limits.budgetFloorRatio, errorBudgetRemaining <= 0),
    latency: level(latencyP90Seconds === null || latencyP90Seconds <= limits.latencyTargetSeconds),
    saturation: level(saturation < limits.saturationCeilingRatio, saturation >= saturationRed),
    age: level(ageRatio <= 1),
    breakers: level(openBreakers === 0),
  };
}

function level(ok: boolean, red = false): Level {
  if (ok) return 'green';
  return red ? 'red' : 'yellow';
}

/** @throws RangeError when a limit makes no sense, so that a wrong one is found at the start and not in an outage. */
export function checkLimits(limits: CheerLimits): void {
  const { budgetFloorRatio, latencyTargetSeconds, saturationCeilingRatio } = limits;
  if (!(budgetFloorRatio >= 0 && budgetFloorRatio < 1)) {
    throw new RangeError(`budget floor ${budgetFloorRatio} must be at least 0 and below 1`);
  }
  if (!(latencyTargetSeconds > 0))
    throw new RangeError(`latency target ${latencyTargetSeconds} must be above 0`);
  if (!(saturationCeilingRatio > 0 && saturationCeilingRatio <= saturationRed)) {
    throw new RangeError(
      `saturation ceiling ${saturationCeilingRatio} must be above 0 and at most ${saturationRed}`,
    );
  }
}
