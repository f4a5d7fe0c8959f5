import { medianOf, quantileOf } from '../../helpers/quantile';

const windowMs = 500;
/** A window with fewer answers has no 99th percentile to speak of. */
const fewest = 50;

/** Latencies of a client that behaves well, in windows: the median of their p99 is not moved by one pause of the machine. */
export class ClientLatency {
  readonly #seen: { readonly at: number; readonly ms: number }[] = [];

  /** An answer came now; it took so long. */
  add(ms: number): void {
    this.#seen.push({ at: performance.now(), ms });
  }

  /** Median of the p99 of all windows between two times of the monotonic clock, in milliseconds. */
  p99(from: number, to: number): number {
    const windows = new Map<number, number[]>();
    for (const { at, ms } of this.#seen) {
      if (at < from || at >= to) continue;
      const window = Math.floor((at - from) / windowMs);
      const known = windows.get(window);
      if (known) known.push(ms);
      else windows.set(window, [ms]);
    }
    const each = [...windows.values()].filter(({ length }) => length >= fewest);
    if (each.length < 4) throw new Error(`only ${each.length} windows had ${fewest} answers`);
    return medianOf(each.map((all) => quantileOf(all, 0.99)));
  }
}
