import type { ClassicLevel } from 'classic-level';
import { frozenKey, outboxKey } from './keys';

const sweepRows = 2_000;

/**
 * Removes settled records, and what was frozen with them, from the store, in ranges and in the background. The state
 * row already says that they are settled; what a crash leaves behind is removed at the next opening.
 */
export class Sweeper {
  private readonly stretches = new Map<number, { from: number; through: number }>();
  /** Where the last frozen rows of a lane may be; a lane that has none is not here. */
  private readonly frozen = new Map<number, number>();
  private rows = 0;
  private running: Promise<void> | undefined;

  constructor(
    private readonly db: ClassicLevel<Buffer, Buffer>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Notes a settled stretch of a lane; it must follow on the one before. */
  add(lane: number, from: number, through: number): void {
    const stretch = this.stretches.get(lane);
    if (stretch) stretch.through = through;
    else this.stretches.set(lane, { from, through });
    this.rows += through - from + 1;
  }

  /** Notes that records of a lane up to this one may have something frozen with them. */
  noteFrozen(lane: number, through: number): void {
    this.frozen.set(lane, through);
  }

  /** Enough has gathered. */
  get due(): boolean {
    return this.rows >= sweepRows;
  }

  /** Starts removing when enough has gathered. Call it only after the settlements have been synced. */
  sweep(): void {
    if (this.due) this.running ??= this.run();
  }

  private async run(): Promise<void> {
    const stretches = [...this.stretches];
    this.stretches.clear();
    this.rows = 0;
    try {
      for (const [lane, { from, through }] of stretches) {
        await this.db.clear({ gte: outboxKey(lane, from), lte: outboxKey(lane, through) });
        await this.clearFrozen(lane, from, through);
      }
    } catch (error) {
      this.failed(error);
    }
    this.running = undefined;
  }

  private async clearFrozen(lane: number, from: number, through: number): Promise<void> {
    const last = this.frozen.get(lane);
    if (last === undefined) return;
    if (last >= from) await this.db.clear({ gte: frozenKey(lane, from), lte: frozenKey(lane, through) });
    if (last <= through && this.frozen.get(lane) === last) this.frozen.delete(lane);
  }

  /** Forgets what has gathered: it is not known whether those settlements reached the disk. */
  discard(): void {
    this.stretches.clear();
    this.rows = 0;
  }

  /** Removes the rest. */
  async close(): Promise<void> {
    await this.running;
    await this.run();
  }
}
