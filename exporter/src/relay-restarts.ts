const firstMs = 1_000;
const longestMs = 30_000;

/**
 * When a relay that died is started again: after a second, then after twice as long each time, up to 30 s. What kills it
 * at once each time, such as a damaged record, needs a person and not a busy loop. One that lived for 30 s was well.
 */
export class RelayRestarts {
  private deaths = 0;
  private startedAt = 0;
  private alive = false;

  /** `now`: monotonic milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  started(): void {
    this.startedAt = this.now();
    this.alive = true;
  }

  /** Deaths without 30 s of life between them; 0 when the last start has lasted that long. */
  get inARow(): number {
    return this.alive && this.now() - this.startedAt >= longestMs ? 0 : this.deaths;
  }

  /** Call it once for each death. Returns milliseconds to wait. */
  died(): number {
    if (this.now() - this.startedAt >= longestMs) this.deaths = 0;
    this.deaths += 1;
    this.alive = false;
    return Math.min(firstMs * 2 ** (this.deaths - 1), longestMs);
  }
}
