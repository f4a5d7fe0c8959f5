import { SlotWindow } from '@selfcheer/cheer-kit';
import { priorities, type Priority } from './priority';
import { RecentUse } from './recent-use';
import { StandingQueue } from './standing-queue';

export interface ShedderOptions {
  readonly targetMs: number;
  readonly intervalMs: number;
  /** Milliseconds for which the first in line has waited, now. Asked for every request while something is shed. */
  readonly sojournMs: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Share of a class that one drop of the control law turns away. */
const perDrop = 0.25;
/** A class of which nothing has come for so long has nothing to turn away. */
const presentMs = 2_000;
const windowSlots = 10;
const slotMs = 1_000;

/**
 * Decides who is turned away while there is a standing queue. Everything that comes stands in one order: low before
 * normal before high, and inside a class the tenant that used most bytes lately before the others (after DAGOR, H. Zhou
 * et al., "Overload Control for Scaling WeChat Microservices", SoCC 2018, with fair shares in place of users). The
 * control law says how far down that order it goes; as soon as the sojourn is below the target everybody is taken, so
 * that the queue never runs dry.
 */
export class Shedder {
  readonly #options: ShedderOptions;
  readonly #queue: StandingQueue;
  readonly #use: RecentUse;
  readonly #lastAt: Record<Priority, number> = { low: -Infinity, normal: -Infinity, high: -Infinity };
  readonly #recent: SlotWindow;
  #shareAbove: ReadonlyMap<string, number> = new Map();
  /** How far down the order: whole classes, and a share of the next one. */
  #depth = 0;

  constructor(options: ShedderOptions) {
    this.#options = options;
    this.#queue = new StandingQueue({ ...options, maxDrops: priorities.length / perDrop });
    this.#use = new RecentUse(options.clock);
    this.#recent = new SlotWindow(priorities.length, windowSlots, slotMs, options.clock);
  }

  /** Steps of the control law now; 0 when nothing is shed. */
  get drops(): number {
    return this.#queue.drops;
  }

  /** Looks at the queue; to be called some fifty times a second. */
  tick(): void {
    this.#queue.sample(this.#options.sojournMs());
    const { drops } = this.#queue;
    if (drops === 0) return;
    this.#shareAbove = this.#use.shareAbove();
    const now = this.#options.clock();
    const first = priorities.findIndex((priority) => now - this.#lastAt[priority] < presentMs);
    this.#depth = Math.min(priorities.length, Math.max(0, first) + drops * perDrop);
  }

  /** True when this request is to be turned away. Costs next to nothing while nothing is shed. */
  sheds(tenant: string, priority: Priority): boolean {
    const { clock, sojournMs, targetMs } = this.#options;
    this.#lastAt[priority] = clock();
    if (this.#queue.drops === 0) return false;
    const waitMs = sojournMs();
    // Between two ticks the queue fills and empties: who only looked then would never see that it is full.
    this.#queue.sample(waitMs);
    const share = this.#depth - priorities.indexOf(priority);
    if (waitMs < targetMs || (this.#shareAbove.get(tenant) ?? 1) >= share) return false;
    this.#recent.add(priorities.indexOf(priority), 1);
    return true;
  }

  /** Tells how many bytes of a tenant were taken. */
  took(tenant: string, bytes: number): void {
    this.#use.add(tenant, bytes);
  }

  /** Requests of each class that were turned away in the last ten seconds. */
  figures(): Readonly<Record<Priority, number>> {
    const sum = (priority: Priority): number => this.#recent.sum(priorities.indexOf(priority));
    return { low: sum('low'), normal: sum('normal'), high: sum('high') };
  }
}
