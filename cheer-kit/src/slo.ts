import type { Clock } from './clock';
import { SlotWindow } from './slot-window';

/** Seconds over which the error budget of the health condition is reckoned, in the process and in the rules. */
export const budgetWindowSeconds = 3600;
const slotSeconds = 10;
const longWindowSeconds = 6 * 3600;
const longSlotSeconds = 60;

/** Seconds over which burn rates are reckoned: a short, a middle and a long window. */
export const burnWindows = [300, budgetWindowSeconds, longWindowSeconds] as const;

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

/**
 * How fast an error budget is spent: 1 spends exactly all of it over the SLO's period, 14.4 a thirty-day budget in two
 * days (the Site Reliability Workbook, "Alerting on SLOs").
 */
export interface BurnRate {
  readonly windowSeconds: number;
  /** Seconds of the window for which the process has been running. */
  readonly coveredSeconds: number;
  /** Events in the window. */
  readonly good: number;
  readonly bad: number;
  /** Absent without events. */
  readonly rate?: number;
}

/** What an SLO is judged by at one moment. */
export interface SloFigures {
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

export interface SloReading extends SloFigures {
  /** Shortest window first. */
  readonly burnRates: readonly BurnRate[];
}

/**
 * The part of an error budget that is left: `1 - bad / (total * (1 - objective))`, and 1 without events
 * (the Site Reliability Workbook, "Alerting on SLOs").
 */
export function budgetRemaining(good: number, bad: number, objective: number): number {
  const total = good + bad;
  return total === 0 ? 1 : 1 - bad / (total * (1 - objective));
}

/**
 * Counts an SLO's good and bad events, over the last hour in slots of ten seconds, over six hours in slots of a minute,
 * and since the start.
 */
export class SloTracker {
  private readonly window: SlotWindow;
  private readonly longWindow: SlotWindow;
  /** Monotonic milliseconds. */
  private readonly begun: number;
  private goodTotal = 0;
  private badTotal = 0;

  /** @throws RangeError for an objective outside [0, 1). */
  constructor(
    readonly definition: SloDefinition,
    private readonly clock: Clock,
  ) {
    const { name, objective } = definition;
    if (!(objective >= 0 && objective < 1)) {
      throw new RangeError(`SLO ${name}: objective ${objective} must be at least 0 and below 1`);
    }
    const windowOf = (seconds: number, slot: number): SlotWindow =>
      new SlotWindow(2, seconds / slot, slot * 1000, () => clock.monotonic());
    this.window = windowOf(budgetWindowSeconds, slotSeconds);
    this.longWindow = windowOf(longWindowSeconds, longSlotSeconds);
    this.begun = clock.monotonic();
  }

  /** Adds whole numbers of events. */
  record(good: number, bad: number): void {
    if (good > 0) {
      this.goodTotal += good;
      this.window.add(0, good);
      this.longWindow.add(0, good);
    }
    if (bad > 0) {
      this.badTotal += bad;
      this.window.add(1, bad);
      this.longWindow.add(1, bad);
    }
  }

  /** All that there is to tell. */
  reading(): SloReading {
    return { ...this.figures(), burnRates: burnWindows.map((seconds) => this.burnRate(seconds)) };
  }

  /** What the verdict needs, without the sums of windows that it is not about. */
  figures(): SloFigures {
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

  private burnRate(windowSeconds: (typeof burnWindows)[number]): BurnRate {
    const count = (column: number): number =>
      windowSeconds === longWindowSeconds
        ? this.longWindow.sum(column)
        : this.window.recent(column, windowSeconds / slotSeconds);
    const good = count(0);
    const bad = count(1);
    const coveredSeconds = Math.min(windowSeconds, (this.clock.monotonic() - this.begun) / 1000);
    return {
      ...{ windowSeconds, coveredSeconds, good, bad },
      ...(good + bad > 0 && { rate: bad / (good + bad) / (1 - this.definition.objective) }),
    };
  }
}
