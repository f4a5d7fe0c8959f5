import { saturationRed, type CheerFigures, type CheerLimits } from './conditions';
import type { CheerState } from './verdict';

/**
 * The cheer's score: a whole number in the band of its state, null while warming or disabled.
 *
 * ```
 * green   70 + 30 * min h      red   29 * min r      warming, disabled   none
 * yellow  30 + 39 * min q
 *
 * condition     h: headroom left          q: way from the limit down       r: way down from red's edge
 * error_budget  (b - floor) / (1 - floor) b / floor                        1 / (1 - b)
 * latency       1 - p90 / target          target / p90                     -
 * saturation    1 - s / ceiling           (0.9 - s) / (0.9 - ceiling)      (1 - s) / (1 - 0.9)
 * age           1 - a                     1 / a                            -
 * breakers      1                         1 / (1 + open)                   -
 * draining      -                         0.5                              -
 * blocked       -                         -                                0
 * ```
 *
 * b is the smallest remaining budget, s the greatest depth / capacity, a the greatest oldest age / target, `open`
 * the number of open breakers; blocked is refusing or fenced. Every term is clamped to 0..1 (NaN is 0), and a
 * condition on the good side of the band's edge gives 1: so does one without data, and what has recovered but is
 * held. Rounded half up. Within a state the score never rises as a figure gets worse.
 */
export function cheerScore(state: CheerState, figures: CheerFigures, limits: CheerLimits): number | null {
  switch (state) {
    case 'green':
      return Math.round(70 + 30 * headroom(figures, limits));
    case 'yellow':
      return Math.round(30 + 39 * wayFromLimit(figures, limits));
    case 'red':
      return Math.round(29 * wayFromRed(figures));
    case 'warming':
    case 'disabled':
      return null;
  }
}

function headroom(figures: CheerFigures, limits: CheerLimits): number {
  const { errorBudgetRemaining, latencyP90Seconds, saturation, ageRatio } = figures;
  const { budgetFloorRatio, latencyTargetSeconds, saturationCeilingRatio } = limits;
  return Math.min(
    clamp((errorBudgetRemaining - budgetFloorRatio) / (1 - budgetFloorRatio)),
    clamp(1 - (latencyP90Seconds ?? 0) / latencyTargetSeconds),
    clamp(1 - saturation / saturationCeilingRatio),
    clamp(1 - ageRatio),
  );
}

function wayFromLimit(figures: CheerFigures, limits: CheerLimits): number {
  const { errorBudgetRemaining, latencyP90Seconds, saturation, ageRatio, openBreakers, draining } = figures;
  const { budgetFloorRatio, latencyTargetSeconds, saturationCeilingRatio } = limits;
  return Math.min(
    errorBudgetRemaining > budgetFloorRatio ? 1 : clamp(errorBudgetRemaining / budgetFloorRatio),
    latencyP90Seconds === null ? 1 : clamp(latencyTargetSeconds / latencyP90Seconds),
    saturation < saturationCeilingRatio
      ? 1
      : clamp((saturationRed - saturation) / (saturationRed - saturationCeilingRatio)),
    clamp(1 / ageRatio),
    clamp(1 / (1 + openBreakers)),
    draining ? 0.5 : 1,
  );
}

function wayFromRed({ errorBudgetRemaining, saturation, blocked }: CheerFigures): number {
  return Math.min(
    errorBudgetRemaining > 0 ? 1 : clamp(1 / (1 - errorBudgetRemaining)),
    clamp((1 - saturation) / (1 - saturationRed)),
    blocked ? 0 : 1,
  );
}

function clamp(value: number): number {
  return value >= 0 ? Math.min(value, 1) : 0;
}
