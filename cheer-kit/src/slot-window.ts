/**
 * Counts over the last `slots * slotMs` milliseconds, in columns. Time is cut into slots; the one that is being
 * filled is part of the window, so it covers between (slots - 1) and slots times slotMs. Adding and reading cost
 * the same whatever the window holds. Counts must be whole numbers: then the running sums are exact.
 */
export class SlotWindow {
  private readonly cells: Float64Array;
  private readonly sums: Float64Array;
  private slot: number;

  constructor(
    private readonly columns: number,
    private readonly slots: number,
    private readonly slotMs: number,
    private readonly monotonic: () => number,
  ) {
    this.cells = new Float64Array(columns * slots);
    this.sums = new Float64Array(columns);
    this.slot = this.slotNow();
  }

  /** Adds to the slot that is being filled. */
  add(column: number, count: number): void {
    this.advance();
    const cell = (this.slot % this.slots) * this.columns + column;
    this.cells[cell] = (this.cells[cell] ?? 0) + count;
    this.sums[column] = (this.sums[column] ?? 0) + count;
  }

  /** What the window holds now. */
  sum(column: number): number {
    this.advance();
    return this.sums[column] ?? 0;
  }

  /** The sum over the newest `slots` only, the one that is being filled included; costs an addition for each. */
  recent(column: number, slots: number): number {
    this.advance();
    let sum = 0;
    for (let back = 0; back < Math.min(slots, this.slots, this.slot + 1); back++) {
      sum += this.cells[((this.slot - back) % this.slots) * this.columns + column] ?? 0;
    }
    return sum;
  }

  private slotNow(): number {
    return Math.floor(this.monotonic() / this.slotMs);
  }

  /** Forgets the slots that have left the window. */
  private advance(): void {
    const now = this.slotNow();
    if (now <= this.slot) return;
    if (now - this.slot >= this.slots) {
      this.cells.fill(0);
      this.sums.fill(0);
    } else {
      for (let slot = this.slot + 1; slot <= now; slot++) this.clear((slot % this.slots) * this.columns);
    }
    this.slot = now;
  }

  private clear(first: number): void {
    for (let column = 0; column < this.columns; column++) {
      this.sums[column] = (this.sums[column] ?? 0) - (this.cells[first + column] ?? 0);
      this.cells[first + column] = 0;
    }
  }
}
