import { SlotWindow } from '@selfcheer/cheer-kit';
import { Admission, type TenantLimits } from '../admission';
import { LoopLag } from './loop-lag';
import { priorities } from './priority';
import { Shedder } from './shedder';

export interface OverloadGuardOptions {
  readonly targetMs: number;
  readonly intervalMs: number;
  readonly tenants: Readonly<Record<string, TenantLimits>>;
  /** Milliseconds for which the first in a standing queue for the disk has waited; 0 without such a queue. */
  readonly standingMs: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Milliseconds of processor time that this process has had. */
  readonly processorMs: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** What is turned away because there is too much of it. */
export interface OverloadReport {
  /** In most of the last ten seconds something was turned away, and nothing at all was taken in them. */
  readonly refusing: boolean;
  readonly detail: string;
}

const windowSeconds = 10;
/** With fewer seconds than this in which something was turned away, a service is idle rather than refusing. */
const refusingSeconds = 8;
const acknowledged = 0;
const turnedAway = 1;
/** Counts the seconds in which anything was turned away. */
const secondsTurnedAway = 2;

/**
 * Watches the two queues that stand when more comes than can be done: for the disk (the commit queue) and for the
 * processor (the event loop), and tells for how long the worse of them has made the first in line wait.
 */
export class OverloadGuard {
  readonly admission: Admission;
  readonly #shedder: Shedder;
  readonly #lag: LoopLag;
  /** Of the last ten seconds. */
  readonly #recent: SlotWindow;
  readonly #clock: () => number;
  /** The last second in which anything was turned away. */
  #second = -1;

  constructor(options: OverloadGuardOptions) {
    const { clock, processorMs, standingMs } = options;
    this.#lag = new LoopLag(clock, processorMs, () => this.#shedder.tick());
    const sojournMs = (): number => Math.max(this.#lag.read(), standingMs());
    this.#shedder = new Shedder({ ...options, sojournMs });
    this.admission = new Admission({ ...options, shedder: this.#shedder });
    this.#recent = new SlotWindow(3, windowSeconds, 1000, clock);
    this.#clock = clock;
  }

  start(): void {
    this.#lag.start();
  }

  stop(): void {
    this.#lag.stop();
  }

  acknowledged(count: number): void {
    this.#recent.add(acknowledged, count);
  }

  /** Told what was turned away for want of memory, disk time or processor time. */
  turnedAway(count: number): void {
    this.#recent.add(turnedAway, count);
    const second = Math.floor(this.#clock() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#recent.add(secondsTurnedAway, 1);
  }

  /** What was turned away in the last ten seconds; undefined when nothing was. */
  report(): OverloadReport | undefined {
    const away = this.#recent.sum(turnedAway);
    if (away === 0) return undefined;
    const shed = this.#shedder.figures();
    const classes = priorities.filter((priority) => shed[priority] > 0);
    const whose =
      classes.length > 0 ? ` of ${classes.join(' and ')} priority` : ', for want of memory or room';
    return {
      refusing:
        this.#recent.sum(secondsTurnedAway) >= refusingSeconds && this.#recent.sum(acknowledged) === 0,
      detail: `shedding requests${whose}: ${away} in the last ${windowSeconds} s`,
    };
  }
}
