/** One row of a source. `text` is its JSON, exactly as it stands there (a CSV record becomes an object of texts). */
export interface Row {
  /** Place among the rows, from 1; blank lines don't count. */
  readonly ordinal: number;
  /** Line of the source on which it begins, from 1. */
  readonly line: number;
  readonly text: string;
  /** Set when the row can't be read: it is reported and not sent. */
  readonly fault?: RowFault;
}

/** Why a row is not taken; the codes of ingest plus those below. */
export interface RowFault {
  readonly code: string;
  readonly detail: string;
}

/** A row that was not taken, by us or by the service. */
export interface Rejection extends RowFault {
  readonly ordinal: number;
  readonly line: number;
  /** What was sent, or the row itself when it never got that far. */
  readonly text: string;
}

/** No row may be longer; without a limit a file with no line breaks would fill the memory. */
export const maxRowBytes = 4 * 2 ** 20;
