import type { FaultKind } from './schedule';

/** After the state is green again, until what happened is no longer in the figures. */
export const settleSeconds = 5;

/** Where a run is: its clock, what goes on, what went wrong. */
export class Course {
  /** What went wrong on the way, in sentences. */
  readonly incidents: string[] = [];
  readonly #began = performance.now();
  readonly #ended = new AbortController();
  readonly #end: AbortSignal;
  #doing: FaultKind | 'steady' | 'account' = 'steady';
  /** Since when nothing disturbs it; Infinity while something does. */
  #calmSince = 0;

  constructor(
    interrupt: AbortSignal,
    private readonly note: (text: string) => void,
  ) {
    this.#end = AbortSignal.any([interrupt, this.#ended.signal]);
  }

  /** Aborts when the load is to end before its time. */
  get end(): AbortSignal {
    return this.#end;
  }

  get doing(): FaultKind | 'steady' | 'account' {
    return this.#doing;
  }

  /** Seconds from the start of the load. */
  now(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** No fault is on, and the last one has been recovered from for a while. */
  quiet(): boolean {
    return this.now() - this.#calmSince >= settleSeconds;
  }

  begins(kind: FaultKind): void {
    this.#doing = kind;
    this.#calmSince = Infinity;
  }

  /** The fault itself is over, what it did is not yet. */
  healed(): void {
    this.#doing = 'steady';
  }

  recovered(): void {
    this.#calmSince = this.now();
  }

  closes(): void {
    this.#doing = 'account';
  }

  /** Something that fails the run, and ends its load. */
  incident(what: string): void {
    if (this.#doing === 'account') return;
    this.incidents.push(what);
    this.note(what);
    this.#ended.abort();
  }

  /** Ends the load. */
  cutShort(): void {
    this.#ended.abort();
  }
}
