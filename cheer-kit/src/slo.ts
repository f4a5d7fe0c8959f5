import type { Clock } from './clock';
import { SlotWindow } from './slot-window';

/** Seconds over which the error budget of the health condition is reckoned, in the process and in the rules. */
export const budgetWindowSeconds = 3600;
const slotSeconds = 10;

/** What a service promises about one kind of event. */
export interface SloDefinition {
  /** Value of the label `slo`. */
  readonly name: string;
  /** One sentence that says what counts as good. */
  readonly description: string;
  /** Ratio of events that must be good, at least 0 and below 1: with 1 there is no budget to speak of. */
  readonly objective: number;
  /** Fewer bad events than this in the window spend no budget, and burn alerts stay silent below it. */
  readonly minBadEvents: number;
  /** For an SLO about time: what is slower than this many seconds is bad. */
  readonly targetSeconds?: number;
}

/** An SLO's figures at one moment. */
export interface SloReading {
  readonly definition: SloDefinition;
  readonly windowSeconds: number;
  /** Events in the window. */
  readonly good: number;
  readonly bad: number;
  /** Events since the start. */
  readonly goodTotal: number;
  readonly badTotal: number;
  /** 1 when untouched, 0 when spent, negative when overspent. */
  readonly budgetRemaining: number;
  /** The same for the health condition: untouched while there are fewer than `minBadEvents` bad ones. */
  readonly judgedBudget: number;
}

/**
 * The part of an error budget that is left: `1 - bad / (total * (1 - objective))`, and 1 without events
 * (the Site Reliability Workbook, "Alerting on SLOs").
 */
export function budgetRemaining(good: number, bad: number, objective: number): number {
  const total = good + bad;
  return total === 0 ? 1 : 1 - bad / (total * (1 - objective));
}

/** Counts an SLO's good and bad events, over the last hour in slots of ten seconds and since the start. */
export class SloTracker {
  private readonly window: SlotWindow;
  private goodTotal = 0;
  private badTotal = 0;

  /** @throws RangeError for an objective outside [0, 1). */
  constructor(
    readonly definition: SloDefinition,
    clock: Clock,
  ) {
    const { name, objective } = definition;
    if (!(objective >= 0 && objective < 1)) {
      throw new RangeError(`SLO ${name}: objective ${objective} must be at least 0 and below 1`);
    }
    this.window = new SlotWindow(2, budgetWindowSeconds / slotSeconds, slotSeconds * 1000, () =>
      clock.monotonic(),
    );
  }

  /** Adds whole numbers of events. */
  record(good: number, bad: number): void {
    if (good > 0) {
      this.goodTotal += good;
      this.window.add(0, good);
    }
    if (bad > 0) {
      this.badTotal += bad;
      this.window.add(1, bad);
    }
  }

  reading(): SloReading {
    const good = this.window.sum(0);
    const bad = this.window.sum(1);
    const remaining = budgetRemaining(good, bad, this.definition.objective);
    return {
      definition: this.definition,
      windowSeconds: budgetWindowSeconds,
      good,
      bad,
      goodTotal: this.goodTotal,
      badTotal: this.badTotal,
      budgetRemaining: remaining,
      judgedBudget: bad < this.definition.minBadEvents ? 1 : remaining,
    };
  }
}
