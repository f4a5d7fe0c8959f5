import { quantileOf } from '../helpers/quantile';

export interface MinuteOfAcks {
  /** From the start of the load. */
  readonly minute: number;
  /** Acknowledged requests. */
  readonly requests: number;
  /** Seconds from when the request was due; of all, faults included. */
  readonly p50: number;
  readonly p99: number;
  /** Without those while a fault was on or not yet recovered from; absent when there were none. */
  readonly quietP99?: number;
}

/** How long acknowledgements took, minute by minute. */
export class AckTimes {
  readonly #minutes = new Map<number, { all: number[]; quiet: number[] }>();
  #recent: number[] = [];

  /** `at`: seconds from the start of the load. */
  add(at: number, seconds: number, quiet: boolean): void {
    const number = Math.floor(at / 60);
    let minute = this.#minutes.get(number);
    if (!minute) this.#minutes.set(number, (minute = { all: [], quiet: [] }));
    minute.all.push(seconds);
    if (quiet) minute.quiet.push(seconds);
    this.#recent.push(seconds);
  }

  /** The 99th percentile since the last call; undefined without acknowledgements. */
  takeP99(): number | undefined {
    const recent = this.#recent;
    this.#recent = [];
    return recent.length === 0 ? undefined : quantileOf(recent, 0.99);
  }

  byMinute(): MinuteOfAcks[] {
    return [...this.#minutes].map(([minute, { all, quiet }]) => ({
      minute,
      requests: all.length,
      p50: quantileOf(all, 0.5),
      p99: quantileOf(all, 0.99),
      ...(quiet.length > 0 && { quietP99: quantileOf(quiet, 0.99) }),
    }));
  }
}
