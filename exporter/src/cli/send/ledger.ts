import { createHash, type Hash } from 'node:crypto';

/** Up to here every row has its answer. */
export interface Mark {
  readonly rows: number;
  /** How many of them were rejected. */
  readonly rejected: number;
  /** SHA-256 over the texts of these rows: a rerun proves with it that it reads the same source. */
  readonly digest: string;
}

interface Span {
  open: number;
  rejected: number;
  /** Set when the last row of the span has been read. */
  digest: string | undefined;
}

/** Marks stand on multiples of this many rows. */
const spanRows = 1000;

/**
 * Follows which rows have their answer. Answers come in any order over several connections; what counts for going on
 * later is the first row that has none.
 */
export class Ledger {
  readonly #hash: Hash = createHash('sha256');
  readonly #from: Mark | undefined;
  readonly #spans: Span[] = [];
  #read = 0;
  #mark: Mark;

  /** @param from Where an earlier run ended; its rows are read but are not sent again. */
  constructor(from?: Mark) {
    this.#from = from;
    this.#mark = from ?? { rows: 0, rejected: 0, digest: '' };
  }

  get mark(): Mark {
    return this.#mark;
  }

  /**
   * Notes the next row. `done`: the earlier run has its answer. `changed`: what the earlier run read was another
   * source. `open`: it is to be sent.
   */
  read(text: string): 'done' | 'changed' | 'open' {
    this.#hash.update(`${text.length}:`).update(text);
    this.#read += 1;
    if (this.#from !== undefined && this.#read <= this.#from.rows) {
      return this.#read === this.#from.rows && this.#digest() !== this.#from.digest ? 'changed' : 'done';
    }
    if ((this.#read - 1) % spanRows === 0) this.#spans.push({ open: 0, rejected: 0, digest: undefined });
    const span = this.#spans.at(-1) as Span;
    span.open += 1;
    if (this.#read % spanRows === 0) span.digest = this.#digest();
    return 'open';
  }

  settled(ordinal: number, rejected: boolean): void {
    const span = this.#spans[Math.floor((ordinal - 1 - this.#mark.rows) / spanRows)] as Span;
    span.open -= 1;
    if (rejected) span.rejected += 1;
    for (let head = this.#spans[0]; head?.open === 0 && head.digest !== undefined; head = this.#spans[0]) {
      this.#spans.shift();
      this.#mark = {
        rows: this.#mark.rows + spanRows,
        rejected: this.#mark.rejected + head.rejected,
        digest: head.digest,
      };
    }
  }

  /** True when the source ended before the rows that the earlier run had sent. */
  get tooShort(): boolean {
    return this.#from !== undefined && this.#read < this.#from.rows;
  }

  #digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
